"""The line that introduces a quote: "On Tue, 5 Mar 2024 at 10:02, Ana <ana@example.com> wrote:".

Mail programs translate it, move its pieces about and wrap it over up to four lines. What all of them have in
common is evidence no ordinary sentence has together: a point in time or an address, a verb of writing (or an
address right before the colon), and a beginning such as "On" or a date. Every pattern runs over a bounded window.
"""

import re

from app.conversation.reading.lines import LONGEST, next_said, word_set

_VERBS = (
    r"wrote|writes|has written|schrieb(?:en)?|schreibt|geschrieben|(?:a|à|avez|as) écrit|écrit"
    r"|écrivait|escribi[óo]"
    r"|escribe|ha escrito|escreveu|escreve|ha scritto|scrive|scrisse|schreef|schrijft|geschreven"
    r"|het volgende geschreven"
    r"|skrev|skriver|kirjoitti|kirjoittaa|napisa[łl](?:\(a\)|/a|a)?|pisze|napsal(?:\(a\)|/a|a)?|píše"
    r"|napísal(?:\(a\)|/a|a)?|написал(?:\(а\)|/а|а)?|пишет|писал(?:\(а\)|а)?|пише|написав(?:\(ла\)"
    r"|ла)?|написа"
    r"|a scris|scrie|írta|írja|yazdı|yazmış|έγραψε|γράφει|כתבה?|כתב/ה|כתב\(ה\)|‏?כתב‏?|كتبت?"
    r"|napisao(?:/la|\(la\))?"
    r"|napisala|je napisal(?:\(a\)|a)?|va escriure|ha escrit|rašė|parašė|rakstīja|kirjutas"
    r"|skrifaði|menulis|tulis"
    r"|viết|đã viết|escribiu|idatzi du|ysgrifennodd|shkroi|напиша|жазды|a scríobh"
    r"|wrote the following|sagte|sent"
)
VERB = re.compile(
    rf"(?:(?<![^\W\d_])(?:{_VERBS})(?![^\W\d_])(?!@)|写道|寫道|写到|写了|书写|書きました|のメッセージ"
    r"|のメール|님이 작성"
    r"|작성하였습니다|작성했습니다|썼습니다|님이 쓴|님의 말|เขียน|ने लिखा|লিখেছেন)",
    re.IGNORECASE,
)
_QUOTING = re.compile(
    r"(?:quoting|quote from|zitat von|zitiere|citando(?: a)?|citation de|cita de|citaat van|citerar|citerer"
    r"|cytowanie|cytuję|cytat|citace|citát|цитирую|quotando|lainaus|idézet|in a message dated)\b",
    re.IGNORECASE,
)
_LEADS = word_set(
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
    בתאריך ב ביום في בתאריך: بتاريخ יום 在 於 于 am: dňa: luni marți miercuri joi vineri sâmbătă duminică
    τη τις δευ τρι τετ πεμ παρ σαβ κυρ"""
)
_FIRST_WORD = re.compile(r"[^\W\d_]+(?:-feira)?", re.UNICODE)
_STARTS_WITH_DATE = re.compile(
    r"\d{1,4}(?:[-/.年]|\s?(?:\.|de |th |st |nd |rd )?\s?[^\W\d_]{3,12}\b)|\d{4}\s?년|\(?\d{1,2}:\d{2}"
)
_TIME = re.compile(r"(?<!\d)\d{1,2}(?:[:.h]|\s?[時时點点시])\s?\d{2}(?!\d)|\d\s?[ap]\.?\s?m\b", re.IGNORECASE)
_DATE = re.compile(
    r"(?<!\d)\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}|(?<!\d)(?:19|20)\d\d(?!\d)|\d\s?[年년]|\d\s?[月월]"
)
_MAIL = re.compile(r"[\w.+=%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}|<[^<>\s]{3,120}>")
_MAIL_THEN_COLON = re.compile(
    r"(?:[<(\[](?:mailto:)?[^<>()\[\]\s]{3,120}[>)\]]|@[\w.-]{3,120})[*_]{0,2},?\s?[:：][*_]{0,2}\Z"
)
_ENDS = (":", "：")
_DRESS = "-–—‐=*_ \"'“”„«»|>#"
_FIRST_PERSON = re.compile(
    r"(?<![\w@.<])(?:I|we|my|our|you|ich|wir|je|nous|j'ai|yo|nosotros|eu|nós|ik|wij|jag|vi|jeg|io"
    r"|noi|я|мы)(?![\w@])"
)
_OLD_GMAIL = re.compile(r"\d{4}[/-]\d{1,2}[/-]\d{1,2}\b.{0,120}<[^<>\s@]{1,64}@[^<>\s]{1,100}>\Z")
_NAME_ONLY = re.compile(r"[\"'“]?[^\W\d_a-z][^\n.!?;:]{0,60}[\"'”,]?\Z")
_WINDOW = 4


def attribution(clean: list[str], at: int, *, quote_follows: bool | None = None) -> int | None:
    """The line after an attribution starting at `at`, or None when this is an ordinary line."""
    if not _may_end_nearby(clean, at):
        return None
    joined = ""
    for size in range(1, _WINDOW + 1):
        here = at + size - 1
        if here >= len(clean) or (size > 1 and not clean[here]) or clean[here].startswith(">"):
            break
        joined = f"{joined} {clean[here]}" if joined else clean[here]
        if len(joined) > LONGEST:
            break
        follows = _quoted_line(clean, here + 1) if quote_follows is None else quote_follows
        if _introduces(joined, first=clean[at], size=size, follows=follows):
            return None if size > 1 and _starts_later(clean, at, here, follows) else here + 1
    return None


def _may_end_nearby(clean: list[str], at: int) -> bool:
    """Cheap: an attribution ends with a colon, an address or a verb within a few lines."""
    for line in clean[at : at + _WINDOW]:
        if not line:
            return False
        if ":" in line or "：" in line or "@" in line or line[-1] in "，>":
            return True
    return False


def _quoted_line(clean: list[str], at: int) -> bool:
    following = next_said(clean, at)
    return following < len(clean) and clean[following][0] in ">＞|"


def _starts_later(clean: list[str], at: int, end: int, follows: bool) -> bool:
    """An own sentence stands above: the attribution already makes sense from a later line on."""
    for later in range(at + 1, end + 1):
        joined = " ".join(clean[later : end + 1])
        if leads(clean[later]) and _introduces(
            joined, first=clean[later], size=end - later + 1, follows=follows
        ):
            return True
    return False


def leads(line: str) -> bool:
    """Does the line begin as attributions begin: a date, "On", "Am", "Le", a weekday, "Quoting"…?"""
    start = line.lstrip(_DRESS)
    if _STARTS_WITH_DATE.match(start):
        return True
    word = _FIRST_WORD.match(start)
    return word is not None and (word.group().casefold() in _LEADS or start[0] in "在於于")


def _introduces(joined: str, *, first: str, size: int, follows: bool) -> bool:
    text = joined.strip(_DRESS)
    verb = VERB.search(text)
    ends = text.endswith(_ENDS) or (verb is not None and verb.end() >= len(text) - 1)
    if not ends:
        return _inline(text, first) or ((follows or size == 1) and _OLD_GMAIL.match(text) is not None)
    mail = _MAIL.search(text) is not None
    moment = _TIME.search(text) is not None
    dated = moment or _DATE.search(text) is not None
    if _FIRST_PERSON.search(text) and not mail:
        return False
    if leads(first):
        return _led(text, verb is not None, mail, moment, dated, follows)
    return _named(text, first, verb, mail, dated, follows)


def _led(text: str, verb: bool, mail: bool, moment: bool, dated: bool, follows: bool) -> bool:
    if verb and (dated or mail) and (mail or moment or follows):
        return True
    if _QUOTING.match(text) and (mail or follows):
        return True
    return dated and (_MAIL_THEN_COLON.search(text) is not None or (follows and (mail or moment)))


def _named(text: str, first: str, verb: re.Match[str] | None, mail: bool, dated: bool, follows: bool) -> bool:
    """ "Ana <ana@example.com> schrieb am Do., 4. Apr. 2024, 10:00:" or, above a quote, "Ana wrote:"."""
    if verb is None:
        return dated and mail and follows and _MAIL_THEN_COLON.search(text) is not None
    if not first or first[0].islower():
        return mail and follows
    if mail and (dated or follows or first.lstrip("\"'“*").split("<")[0].count(" ") <= 4):
        return True
    before = text[: verb.start()].strip(" ,\"'")
    named = 0 < len(before) <= 60 and before.count(" ") <= 4 and before[0].isupper()
    return named and (follows or (dated and _TIME.search(text) is not None))


_INLINE_END = re.compile(
    rf"(?:<[^<>\s]{{3,120}}>|\d{{2}}|[^\W\d_]|\")\s?,?\s?(?:{_VERBS})\s?:\s", re.IGNORECASE
)


def _inline(text: str, first: str) -> bool:
    """The quote begins on the attribution's own line, as when a mail lost its line breaks."""
    if not leads(first):
        return False
    found = _INLINE_END.search(text)
    if found is None:
        return False
    head = text[: found.end()]
    return _MAIL.search(head) is not None and _TIME.search(head) is not None
