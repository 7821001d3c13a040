"""The line that introduces a quote: "On Tue, 5 Mar 2024 at 10:02, Ana <ana@example.com> wrote:".

Mail programs translate it, move its pieces about and wrap it over up to four lines. What all of them have in
common is evidence no ordinary sentence has together: a point in time or an address, a verb of writing (or an
address right before the colon), and a beginning such as "On" or a date. Every pattern runs over a bounded window.
"""

import re

from app.conversation.reading.lines import LONGEST, next_said, word_set

_VERBS = frozenset(
    word.casefold()
    for word in word_set(
        """wrote writes written schrieb schrieben schreibt geschrieben écrit écrivait escribió escribio escribe escrito
        escreveu escreve scritto scrive scrisse schreef schrijft geschreven skrev skriver kirjoitti kirjoittaa
        napisał napisała napisal napisala napsal napsala
        napísal napísala napisana pisze píše написал написала пишет писал писала пише
        написав написала написа scris scrie írta írja yazdı yazmış yazdi έγραψε γράφει כתב כתבה كتب كتبت كتابة نوشت
        نوشته napisao napisao escriure escrit rašė parašė rakstīja kirjutas skrifaði menulis tulis viết escribiu idatzi
        ysgrifennodd shkroi напиша жазды scríobh লিখেছেন"""
    )
)
_CJK_VERBS = (
    "写道",
    "寫道",
    "写到",
    "写了",
    "书写",
    "書きました",
    "のメッセージ",
    "のメール",
    "님이 작성",
    "작성하였습니다",
    "작성했습니다",
    "썼습니다",
    "님이 쓴",
    "님의 말",
    "작성:",
    "เขียน",
    "ने लिखा",
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_QUOTING = re.compile(
    r"(?:quoting|quote from|zitat von|zitiere|citando(?: a)?|citation de|cita de|citaat van|citerar|citerer"
    r"|cytowanie|cytuję|cytat|citace|citát|цитирую|quotando|lainaus|idézet"
    r"|in a message dated|wiadomość (?:napisana|od)|missatge de|message from)\b",
    re.IGNORECASE,
)
_LEAD_WORDS = word_set(
    """on am vom le el em no na il in op den d dnia w dne dňa ke a la pe în στις την το в на у от dana u ngày vào lúc
    pada tanggal เมื่อ die ter der kl klo at za od les dia giorno al els az em: quoting zitat citando citation em,
    mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday
    mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
    mié mie jue vie sáb sab dom lunes martes miércoles jueves viernes sábado domingo
    seg ter qua qui sex segunda terça quarta quinta sexta segunda-feira terça-feira quarta-feira quinta-feira
    sexta-feira gio lunedì martedì mercoledì giovedì venerdì sabato domenica
    ma wo vr zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    mån tis ons tor tors fre lör sön måndag tisdag onsdag torsdag fredag lördag söndag
    man tir lør søn mandag tirsdag lørdag søndag ti to su maanantaina tiistaina keskiviikkona torstaina
    perjantaina lauantaina sunnuntaina pon wt śr sr czw pt sob niedz ndz poniedziałek wtorek środa czwartek piątek
    sobota niedziela po út st čt pá ne pi pondělí úterý středa čtvrtek pátek neděle pondelok utorok streda štvrtok
    piatok nedeľa пн вт ср чт пт сб вс нд понедельник вторник среда среду четверг пятница пятницу суббота субботу
    воскресенье понеділок вівторок середа четвер пʼятниця субота неділя hétfő kedd szerda csütörtök péntek szombat
    vasárnap pzt sal çar per cum cmt paz jan feb mar apr may jun jul aug sep oct nov dec
    בתאריך در ב ב-יום ביום في بتاريخ 在 於 于 v kuupäev ut luni marți miercuri joi vineri sâmbătă duminică
    τη τις δευ τρι τετ πεμ παρ σαβ κυρ"""
)
_LEADS = frozenset(word.casefold() for word in _LEAD_WORDS)
_LEADING_SCRIPTS = ("在", "於", "于", "ในวันที่", "เมื่อ", "ב-", "Στις")
# "mar. 5 mars", "uto, 5. ožu", "5 марта", "2024年3月": a weekday in any language, or a date.
_DATED_START = re.compile(
    r"[^\W\d_]{1,6}[.,]{0,2}\s\(?\d|\d{1,4}(?:[-/.年]|\s?년|\s?(?:\.|de |th |st |nd |rd )?\s?[^\W\d_]{3,12}\b)"
    r"|\d{1,2}:\d{2}"
)
_TIME = re.compile(r"(?<!\d)\d{1,2}(?:[:.h]|\s?[時时點点시])\s?\d{2}(?!\d)|\d\s?[ap]\.?\s?m\b", re.IGNORECASE)
_DATE = re.compile(
    r"(?<!\d)\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}|(?<!\d)(?:19|20|١٩|٢٠)\d\d(?!\d)|\d\s?[年년]|\d\s?[月월]"
)
_MAIL = re.compile(r"[\w.+=%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}|<[^<>\s]{3,120}>")
_BRACKETED = re.compile(r"[<(\[](?:mailto:)?[^<>()\[\]\s]{1,64}@[^<>()\[\]\s]{1,120}[>)\]]")
_NAME_THEN_MAIL = re.compile(r"[\"'“]?(?:[^\s<>:]{1,40}\s{1,3}){0,6}?[<(\[]?(?:mailto:)?[^\s<>()]{1,64}@")
_NAME = re.compile(r"[\"'“]?[^\W\d_a-z][^\s.!?:;]{0,40}(?: [^\s!?:;]{1,40}){0,4},?\Z")
_OLD_GMAIL = re.compile(r"\d{4}[/-]\d{1,2}[/-]\d{1,2}\b.{0,120}<[^<>\s@]{1,64}@[^<>\s]{1,100}>\Z")
# A full name right before the verb or right after it, beside a date: "Le 5 mars 2024, Jean Dupont a écrit :".
_FULL_NAME = r"[A-ZÀ-ÖØ-ÞА-Я][^\W\d_]{1,30}[ .-]{1,2}[A-ZÀ-ÖØ-ÞА-Я][^\W\d_]{1,30}"
_NAMED_BEFORE = re.compile(rf"{_FULL_NAME},?\s{{1,2}}(?:(?:a|ha|hat|has|ezt|je) )?\Z")
_NAMED_AFTER = re.compile(rf"\s{{1,2}}{_FULL_NAME}\s?[:：]\Z")
_FIRST_PERSON = re.compile(
    r"(?<![\w@.<])(?:I|we|my|our|you|ich|wir|Sie|je|nous|vous|j'ai|yo|nosotros|eu|nós|ik|wij|jag|vi|jeg|io|noi|я|мы)"
    r"(?![\w@])"
)
_DRESS = "-–—‐=*_ \"'“”„«»|>#"
_TAIL = '-–—‐=*_ "|'
_ENDS = (":", "：")
_MARK = re.compile(r"(>|＞|\||&gt;|[A-Za-z]{1,4}>)")
_WINDOW = 4


def may_begin(clean: list[str], at: int) -> bool:
    """Cheap: could an attribution begin on this line? It has a beginning of the known kinds and an end nearby."""
    return _may_end_nearby(clean, at) and _may_start(clean, at)


def attribution(clean: list[str], at: int) -> int | None:
    """The line after an attribution that begins at `at` (see `may_begin`), or None when there is none."""
    end = None
    joined = ""
    for here in range(at, min(at + _WINDOW, len(clean))):
        if not clean[here] or (here > at and clean[here].startswith(">")):
            break
        joined = f"{joined} {clean[here]}" if joined else clean[here]
        if len(joined) > LONGEST:
            break
        text = joined.lstrip(_DRESS).rstrip(_TAIL)
        ends = text.endswith(_ENDS)
        if (ends or end is None) and _introduces(text, follows=_quoted_line(clean, here + 1)):
            end = here + 1
            if ends:
                break
    if end is None or (end > at + 1 and _starts_later(clean, at, end - 1)):
        return None
    return end + 1 if end < len(clean) and clean[end] and not clean[end].strip(_TAIL) else end


def leads(line: str) -> bool:
    """Does the line begin as attributions begin: a date, "On", "Am", "Le", a weekday, "Quoting"?"""
    start = line.lstrip(_DRESS)
    if _DATED_START.match(start) or start.startswith(_LEADING_SCRIPTS):
        return True
    word = _WORD.match(start)
    return word is not None and (word.group().casefold() in _LEADS or _QUOTING.match(start) is not None)


def find_verb(text: str) -> tuple[int, int] | None:
    """Where the last verb of writing stands."""
    found = None
    for word in _WORD.finditer(text):
        if word.group().casefold() in _VERBS and text[word.end() : word.end() + 1] != "@":
            found = word.span()
    for verb in _CJK_VERBS:
        at = text.rfind(verb)
        if at >= 0:
            return at, at + len(verb)
    return found


def _may_end_nearby(clean: list[str], at: int) -> bool:
    """Cheap: an attribution ends with a colon or holds an address, within a few lines."""
    for line in clean[at : at + _WINDOW]:
        if not line:
            return False
        if line[-1] in ":：-*_" or "@" in line or "<" in line or "：" in line:
            return True
    return False


def _may_start(clean: list[str], at: int) -> bool:
    """A lead, a name with an address, a name whose address is on the next line, or a name and a verb."""
    line = clean[at][:LONGEST]
    start = line.lstrip(_DRESS)
    if leads(line) or ("@" in start and _NAME_THEN_MAIL.match(start)):
        return True
    if at + 1 < len(clean) and _NAME.match(start):
        below = clean[at + 1]
        first = _WORD.match(below)
        if below.startswith(("<", "(", "[mailto:")) or (
            first is not None and first.group().casefold() in _VERBS
        ):
            return True
    verb = find_verb(start[:80])
    return verb is not None and _NAME.match(start[: verb[0]].strip(" ,\"'")) is not None


def other_mark(line: str) -> str | None:
    """What marks this line as quoted, where a quote was announced: `>`, a bar, or the old "ML>"."""
    found = _MARK.match(line)
    return found.group(1) if found else None


def _quoted_line(clean: list[str], at: int) -> bool:
    following = next_said(clean, at)
    if following < len(clean) and not clean[following].strip(_TAIL):
        following = next_said(clean, following + 1)
    return following < len(clean) and other_mark(clean[following]) is not None


def _starts_later(clean: list[str], at: int, end: int) -> bool:
    """An own line stands above: it dates nothing and names nobody, and a later line begins the attribution."""
    first = clean[at]
    if (
        _MAIL.search(first)
        or _DATE.search(first)
        or (_TIME.search(first) and not first.endswith((".", "!", "?")))
    ):
        return False
    if _NAME.match(first.lstrip(_DRESS)) and clean[at + 1].startswith(("<", "(", "[")):
        return False
    return any(
        _may_start(clean, later) and _begins_there(clean, later, end) for later in range(at + 1, end + 1)
    )


def _begins_there(clean: list[str], start: int, end: int) -> bool:
    rest = " ".join(clean[start : end + 1])
    return (_DATE.search(rest) is not None or _MAIL.search(rest) is not None) and leads(clean[start])


def _introduces(text: str, *, follows: bool) -> bool:
    """Is there enough evidence in these words? `follows`: a marked quote stands below them."""
    mail = _MAIL.search(text) is not None
    moment = _TIME.search(text) is not None
    dated = moment or _DATE.search(text) is not None
    if not (mail or dated or follows):
        return False
    verb = find_verb(text)
    if not text.endswith(_ENDS):
        if verb is not None and verb[1] >= len(text) - 4:
            return mail and (dated or follows)
        return _inline(text) or _OLD_GMAIL.match(text) is not None
    if mail and dated:
        return verb is not None or follows or (_BRACKETED.search(text) is not None and moment)
    if mail and (verb is not None or _QUOTING.match(text)):
        return True
    if _FIRST_PERSON.search(text) and not (follows and dated):
        return False
    if _QUOTING.match(text):
        return follows
    if verb is None:
        return follows and moment and leads(text)
    if dated:
        return follows or moment or (_signed(text, verb) and leads(text))
    return follows and not leads(text) and _NAME.match(text[: verb[0]].strip(" ,\"'")) is not None


def _signed(text: str, verb: tuple[int, int]) -> bool:
    before, after = text[: verb[0]][-80:], text[verb[1] :]
    return _NAMED_BEFORE.search(before) is not None or _NAMED_AFTER.match(after) is not None


def _inline(text: str) -> bool:
    """The quote begins on the attribution's own line, as when a mail lost its line breaks."""
    if ": " not in text or not leads(text):
        return False
    for word in _WORD.finditer(text):
        if word.group().casefold() in _VERBS and text[word.end() : word.end() + 3].lstrip().startswith(": "):
            head = text[: word.start()]
            return _MAIL.search(head) is not None and _TIME.search(head) is not None
    return False
