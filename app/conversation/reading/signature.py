"""Where the writer stopped writing: signature delimiters, closing formulas, name cards, device lines."""

import re

from app.conversation.reading.boilerplate import cut_boilerplate, is_device_line
from app.conversation.reading.lines import LONGEST, clean_line, phrase_set, word_set
from app.conversation.reading.separators import is_ruler

_DELIMITER = re.compile(r"(?:--|—|–|―|__|_{2,5}|-{2,4}|={2,4}|\+{2,4}|\*{2,4}|~{2,4})\Z")
_DASHED_NAME = re.compile(r"(?:--|—|–|-|~|/|―)\s?[^\W\d_][\w.'’-]{0,24}(?: [^\W\d_][\w.'’-]{0,24}){0,3}\Z")
_BULLET = re.compile(r"\s*(?:[-*•–+]|\d{1,2}[.)])\s+\S")
_POSTSCRIPT = re.compile(r"(?:p\.? ?p?\.? ?s\b|n\.?b\b|пс\b|p\.d\.|pd:|追伸)", re.IGNORECASE)
_PARTICLES = word_set(
    "de da do dos das di del della la le van von der den ter zu el al bin ibn y e und & and | -"
)
_NAME_WORD = re.compile(r"[^\W\d_][\w.'’-]*\.?\Z")
_CONTACT = re.compile(
    r"(?:\+|\b00)\d[\d ().\-/]{6,20}|\(?\d{2,5}\)?[ ./-]\d{2,4}[ ./-]?\d{2,6}|\b(?:tel|phone"
    r"|mobile?|mob|cell|fax|office|direct"
    r"|telefon|handy|mobil|tél|téléphone|teléfono|móvil|telefone|celular|telefono|cellulare"
    r"|telefoon|puh|тел|моб|电话|手机|電話"
    r"|携帯|전화)\b\.?\s?[:：]?\s?[+(\d]|\b[mtpwef]\s?[:|]\s?\S|https?://\S{3,200}|\bwww\.\S{3,100}"
    r"|[\w.+-]{1,64}@[\w-]{1,63}\.\w"
    r"|\[cid:|\[image:|<mailto:|\s\|\s",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:manager|director|head of|vp|vice president|ceo|cto|cfo|coo|cmo|founder|co-founder"
    r"|president|chief|officer|lead"
    r"|engineer|developer|consultant|coordinator|specialist|assistant|analyst|partner|owner"
    r"|professor|ph\.?d|m\.?d|esq"
    r"|leiter\w*|geschäftsführer\w*|berater\w*|directeur|directrice|responsable|chef|gerente"
    r"|directora?|diretora?|coordenadora?"
    r"|responsabile|direttore|amministratore|manager\w*|inc|gmbh|ltd|llc|s\.a|ag|b\.v|plc|corp"
    r"|company|university|universität"
    r"|université|universidad|department|team|str(?:eet|aße|\.)|avenue|road|rue|calle|via)\b",
    re.IGNORECASE,
)
_FORMULA_ENDS = word_set(
    """regards wishes rgds sincerely faithfully truly respectfully cordially grüße gruesse grüßen
    gruessen grüsse grüssen gruß gruss
    mfg vg lg hochachtungsvoll cordialement sincèrement respectueusement salutations amicalement cdlt cdt
    bien-cordialement saludos
    saludo atentamente cordialmente atte atenciosamente cumprimentos att saluti saluto groet groeten groetjes mvg
    hälsningar hälsning hilsen hilsener
    mvh vh vänligen terveisin yhteistyöterveisin pozdrawiam pozdrowienia poważaniem pozdravem pozdravom
    pozdravy uctou úctou
    уважением пожеланиями üdvözlettel tisztelettel saygılarımla saygılarımızla selamlar εκτίμηση
    χαιρετισμούς בברכה
    تحياتي التحيات salutări respect stimă pozdrav pozdravi поздрави повагою lugupidamisega pagarbiai cieņu
    salam trọng distintos
    enkling salutacions atentament"""
)
_FORMULAS = phrase_set(
    """best|vg|lg|mfg|all the best|yours|yours truly|warmly|kindly|cheers|love|take care|br|kr|rgds|all best
    |best always|be well
    |beste grüße|viele grüße|liebe grüße|schöne grüße|herzlich|herzlichst|ciao|alles gute|bis bald
    |freundlichst|bien à vous
    |bien à toi|bien cordialement|à bientôt|bises|bisous|amitiés|un saludo|un abrazo
    |un cordial saludo|abrazos|abrazo|besos
    |um abraço|abraços|abraço|beijos|abs|att|atenciosamente|grato|com os melhores cumprimentos|cordiali saluti
    |distinti saluti|un saluto|un caro saluto|un abbraccio|a presto|met vriendelijke groet|met vriendelijke groeten
    |hartelijke groet|vriendelijke groet
    |vriendelijke groeten|gr|hälsningar|med vänlig hälsning|vänliga hälsningar|bästa hälsningar|kram
    |allt gott|venlig hilsen
    |med venlig hilsen|bedste hilsner|de bedste hilsner|kh|dbh|knus|beste hilsen|vennlig hilsen
    |med vennlig hilsen|klem|alt godt
    |ystävällisin terveisin|terveisin|t|z poważaniem|pozdrawiam|pozdrawiam serdecznie
    |z wyrazami szacunku|s pozdravem
    |s pozdravom|s úctou|с уважением|всего доброго|всего хорошего|с наилучшими пожеланиями|з повагою
    |üdv|üdvözlettel|saygılarımla
    |iyi çalışmalar|sevgiler|με εκτίμηση|φιλικά|בברכה|בתודה|מע התחייה|مع تحياتي|مع أطيب التحيات
    |تحياتي|cu stimă|cu respect|o zi bună
    |s poštovanjem|lijep pozdrav|lep pozdrav|lp|srdačan pozdrav|поздрави|с уважение|trân trọng
    |hormat saya|salam|祝好|此致|敬礼|此致敬礼
    |顺颂商祺|敬上|谨上|よろしくお願いします|よろしくお願いいたします|よろしくお願い致します
    |宜しくお願いいたします|敬具|以上|감사합니다|고맙습니다
    |드림|올림|ขอแสดงความนับถือ"""
)
_DOUBTFUL_ENDS = word_set("wishes respect lg vg t att salam")
_WARM = word_set(
    "best good kind kindest warm warmest with all my many the very and regards wishes greetings cu în com"
)
_WEAK = phrase_set(
    "best|cheers|love|t|br|kr|yours|kindly|take care|ciao|salam|gr|a presto|bis bald|à bientôt|alles gute"
)
_SOFT_THANKS = phrase_set(
    "감사합니다|고맙습니다|よろしくお願いします|よろしくお願いいたします|よろしくお願い致します|以上"
)
_SIGNED_WITHIN = 120
_LONGEST_SIGNATURE = 14
_STRIP = " ,.!–—-~*_:;。，、！؛،"


def without_signature(piece: list[str], *, last: bool) -> list[str]:
    """A piece of own lines without what stands under the writer's words.

    Delimiters and device lines end any piece; closing formulas and name cards only the `last` one, so that a
    "Best," between two answers stays. Only the end of a long piece is looked at.
    """
    start = max(0, len(piece) - _SIGNED_WITHIN)
    above, end = piece[:start], _trim_end(cut_boilerplate(piece[start:]))
    for without in (_without_delimited, _without_device_lines):
        end = without(end)
    if last:
        for without in (_without_formula, _without_card, _without_dashed_name):
            end = without(end)
    return _trim([*above, *end])


def _said(piece: list[str], start: int = 0) -> list[int]:
    return [at for at in range(start, len(piece)) if piece[at].strip()]


def _without_delimited(piece: list[str]) -> list[str]:
    """Cut at the first delimiter that has few enough lines below it to be a signature's."""
    said = _said(piece)
    for position in range(max(0, len(said) - _LONGEST_SIGNATURE - 1), len(said)):
        at = said[position]
        if _delimits(piece, at, said[position + 1 :]):
            return _with_postscript(piece, at)
    return piece


def _delimits(piece: list[str], at: int, below: list[int]) -> bool:
    head = piece[at].lstrip()
    if head[0] not in "-—–―_=+*~" or len(head) > 60:
        return False
    clean = clean_line(head)
    if clean == "--":
        return _is_signature(piece, below, most=_LONGEST_SIGNATURE)
    if at == 0:
        return False
    if _DELIMITER.match(clean):
        # A blank line below makes it a ruler between two thoughts, unless a card follows.
        apart = bool(below) and below[0] > at + 1
        return _is_card(piece, below) if apart else _is_signature(piece, below, most=8)
    if is_ruler(clean) and len(clean) > 5:
        return bool(below) and _is_card(piece, below)
    return clean.startswith("-- ") and _DASHED_NAME.match(clean) is not None and not piece[at - 1].strip()


def _is_signature(piece: list[str], below: list[int], *, most: int) -> bool:
    """Few and short lines: a signature, not the next section of a long answer."""
    if not below or len(below) > most:
        return not below
    long = sum(len(piece[at]) > 110 for at in below)
    sentences = sum(len(piece[at].split()) > 9 and piece[at].rstrip()[-1] in ".?!" for at in below)
    return long <= 1 and sentences <= 1


def _is_card(piece: list[str], below: list[int]) -> bool:
    shown = sum(_CONTACT.search(piece[at][:LONGEST]) is not None for at in below)
    return len(below) <= 12 and shown >= 1 and _is_signature(piece, below, most=12)


def _with_postscript(piece: list[str], at: int) -> list[str]:
    """A postscript under the signature is still the writer's word."""
    for here in _said(piece, at + 1)[:30]:
        if _POSTSCRIPT.match(piece[here].strip()) and not piece[here - 1].strip():
            return [*_trim(piece[:at]), "", *piece[here:]]
    return piece[:at]


def _without_device_lines(piece: list[str]) -> list[str]:
    """A device line ends the words when nothing but a card stands below it."""
    said = _said(piece)
    for position in range(max(0, len(said) - 12), len(said)):
        at = said[position]
        alone = at == 0 or not piece[at - 1].strip() or position == len(said) - 1
        if alone and is_device_line(piece[at]):
            below = said[position + 1 :]
            if not below or (position and _is_signature(piece, below, most=10)):
                return _with_postscript(piece, at)
            return [*piece[:at], *piece[at + 1 :]]
    return piece


def closing_formula(line: str) -> bool:
    """ "Best regards," and its kin, alone on the line."""
    bare = clean_line(line[:LONGEST]).strip(_STRIP).casefold()
    if not bare or len(bare) > 60:
        return False
    if bare in _FORMULAS:
        return True
    words = bare.replace("/", " ").replace("&", " ").split()
    if not words or "," in bare or len(words) > 6 or words[-1].strip(_STRIP) not in _FORMULA_ENDS:
        return False
    # "Three wishes" and "with all due respect" are no farewells.
    return words[-1] not in _DOUBTFUL_ENDS or (len(words) > 1 and all(word in _WARM for word in words[:-1]))


def _is_name(line: str, most: int = 4) -> bool:
    bare = clean_line(line[:80]).strip(" ,*_-–—~/\"'()")
    words = bare.split()
    if not words or len(words) > most or bare[-1] in "?!:" or (bare[-1] == "." and len(words[-1]) > 4):
        return False
    said = [word.strip(",()\"'") for word in words if word not in _PARTICLES]
    capital = all(word[:1].isupper() or not word.isascii() for word in said)
    return (capital or len(words) == 1) and all(_NAME_WORD.match(word) for word in said)


def _without_formula(piece: list[str]) -> list[str]:
    said = _said(piece)
    for position in range(max(0, len(said) - 16), len(said)):
        at = said[position]
        below = said[position + 1 :]
        if position == 0 and not _rest_is_card(piece, below):
            continue
        if closing_formula(piece[at]):
            bare = clean_line(piece[at]).strip(_STRIP).casefold()
            if below and not _signs(piece[below[0]], weak=bare in _WEAK):
                continue
            if not below and (bare in _WEAK or bare in _SOFT_THANKS) and not piece[at].rstrip().endswith(","):
                continue
            if position == 0:
                return piece
            return _with_postscript(piece, at)
        if not below and _formula_and_name(piece[at]) and position:
            return piece[:at]
    return piece


def _signs(line: str, *, weak: bool) -> bool:
    """A name under the formula; under a plain "Mit freundlichen Grüßen" also "i. A. Anna" or "the service team"."""
    return _is_name(line, most=6) or (
        not weak and len(line.split()) <= 6 and line.rstrip()[-1] not in ".?!:,"
    )


def _rest_is_card(piece: list[str], below: list[int]) -> bool:
    return bool(below) and _is_card(piece, below)


def _formula_and_name(line: str) -> bool:
    """ "Viele Grüße, Anna", "Mvh Anna Svensson" or "LG Anna" on one line."""
    clean = clean_line(line[:100])
    head, comma, tail = clean.rpartition(",")
    if comma and tail.strip() and closing_formula(head) and _is_name(tail, most=3):
        return True
    words = clean.split()
    return 2 <= len(words) <= 6 and any(
        closing_formula(" ".join(words[:-names]))
        and _is_name(" ".join(words[-names:]), most=2)
        and words[-names][0].isupper()
        and words[-1][-1] not in ".!?"
        for names in (1, 2)
        if len(words) > names
    )


def _without_card(piece: list[str]) -> list[str]:
    """A name over contact lines as the last paragraph. A bare "Alice" stays: that is how friends write."""
    said = _said(piece)
    for position in range(max(1, len(said) - 10), len(said)):
        at = said[position]
        if piece[at - 1].strip() or not _is_name(piece[at], most=5):
            continue
        below = said[position + 1 :]
        if (
            below
            and _is_signature(piece, below, most=10)
            and _card_lines(piece, below) >= max(1, len(below) - 1)
        ):
            return _with_postscript(piece, at)
    return piece


def _card_lines(piece: list[str], below: list[int]) -> int:
    lines = [piece[at][:LONGEST] for at in below]
    if any(len(line.split()) > 9 and line[-1] in ".?!" for line in lines):
        return 0
    shown = [_CONTACT.search(line) is not None or _titled(line) for line in lines]
    if not any(shown):
        return 0
    return sum(sure or len(line.split()) <= 4 for sure, line in zip(shown, lines, strict=True))


def _titled(line: str) -> bool:
    return len(line.split()) <= 8 and line[-1] not in "?!" and _TITLE.search(line) is not None


def _without_dashed_name(piece: list[str]) -> list[str]:
    """ "-Anna" or "— Anna" as the last line, when it is not the last bullet of a list."""
    said = _said(piece)
    if len(said) < 2:
        return piece
    at, above = said[-1], said[-2]
    line = clean_line(piece[at])
    if not _DASHED_NAME.match(line) or _BULLET.match(piece[above]) or not _is_name(line.lstrip("-—–~/― ")):
        return piece
    glued = line[1:2] not in (" ", "") or line[0] in "—–―~"
    apart = not piece[at - 1].strip()
    return piece[:at] if apart or (glued and line[0] != "/") else piece


def _trim_end(piece: list[str]) -> list[str]:
    end = len(piece)
    while end and not piece[end - 1].strip():
        end -= 1
    return piece[:end]


def _trim(piece: list[str]) -> list[str]:
    piece = _trim_end(piece)
    start = 0
    while start < len(piece) and not piece[start].strip():
        start += 1
    return piece[start:]
