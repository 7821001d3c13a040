"""Lines that say the old mail starts below: "Original Message", "Forwarded message", "Reply above this line"."""

import re

from app.conversation.reading.labels import Label, header_label, labels_inside
from app.conversation.reading.lines import LONGEST, next_said, phrase_set

_ORIGINAL = """original message|original mail|original e-mail|original email|original appointment
|previous message
|original-nachricht|originalnachricht|original nachricht|originale nachricht|ursprüngliche nachricht
|urspruengliche nachricht|ursprüngliche mail|originalmail|ursprünglicher termin|vorherige nachricht
|message d'origine|message d’origine|message original|message initial|message originel|message précédent
|mensaje original|mensaje anterior|correo original|mensagem original|mensagem anterior|messaggio originale
|oorspronkelijk bericht|oorspronkelijke bericht|origineel bericht|ursprungligt meddelande|originalmeddelande
|oprindelig meddelelse|original meddelelse|oprindelig besked|opprinnelig melding|original melding
|opprinnelig e-post
|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|wiadomość pierwotna|původní zpráva
    |pôvodná správa
|исходное сообщение|оригинальное сообщение|исходное письмо|оригінальне повідомлення|вихідне повідомлення
|eredeti üzenet|eredeti levél|orijinal ileti|özgün ileti|orijinal mesaj|orjinal mesaj|αρχικό μήνυμα
    |הודעה מקורית
|הודעה המקורית|الرسالة الأصلية|رسالة أصلية|原始邮件|原邮件|原始郵件|原始信件|原始訊息|元のメッセージ
    |オリジナルメッセージ
|元のメール|원본 메시지|원본 메일|원본메시지|mesajul original|mesaj original|izvorna poruka
    |originalna poruka|izvirno sporočilo
|pesan asli|thư gốc|tin nhắn gốc|ข้อความต้นฉบับ|algne kiri|originalus laiškas|upprunaleg skilaboð
|оригинално съобщение
|missatge original"""
_FORWARDED = """forwarded message|forwarded email|forwarded mail|begin forwarded message
|forwarded by|weitergeleitete nachricht
|weitergeleitete mail|anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail
    |message transféré
|message transmis|message réexpédié|message transféré par|début du message réexpédié
    |début du message transféré
|mensaje reenviado|mensaje enviado|inicio del mensaje reenviado|mensagem encaminhada|mensagem reencaminhada
|início da mensagem encaminhada|início da mensagem reencaminhada|messaggio inoltrato
    |inizio messaggio inoltrato
|inizio del messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande
|vidarebefordrat brev|videresendt besked|videresendt meddelelse|videresendt melding
    |start på videresendt besked
|välitetty viesti|edelleenlähetetty viesti|przekazana wiadomość|wiadomość przekazana
|treść przekazanej wiadomości
|přeposlaná zpráva|preposlaná správa|пересланное сообщение|пересылаемое сообщение
|начало переадресованного сообщения
|переслане повідомлення|továbbított levél|továbbított üzenet|iletilen mesaj|iletilmiş ileti
    |yönlendirilmiş mesaj
|yönlendirilen ileti|προωθημένο μήνυμα|הודעה שהועברה|رسالة معاد توجيهها|رسالة محولة|转发的邮件|转发邮件
    |轉寄郵件|轉寄的郵件
|転送メッセージ|転送されたメッセージ|전달된 메시지|전달된 메일|mesaj redirecționat|proslijeđena poruka
    |prosleđena poruka
|pesan terusan|pesan yang diteruskan|tin nhắn được chuyển tiếp|thư được chuyển tiếp"""


ORIGINAL = phrase_set(_ORIGINAL)
FORWARDED = phrase_set(_FORWARDED)
SAID_ALONE = ORIGINAL | FORWARDED
RULERS = "-_=*~#+‐‑–—―─━"
_BARE = RULERS + " <>[]():：.|"
_RULER = re.compile(rf"[{re.escape(RULERS)}][{re.escape(RULERS)} ]*\Z")
_RULED_WORDS = re.compile(rf"[{re.escape(RULERS)}]{{3,}}.{{3,80}}[{re.escape(RULERS)}]{{3,}}\Z")
_REPLY_ABOVE = re.compile(
    r"(?:reply|replies|type|write|respon[ds]e?|antwort\w*|schreiben|répon\w+|respuesta|escrib\w+"
    r"|responda|resposta"
    r"|scriv\w+|rispost\w+|antwoord\w*|svar\w*|odpowied\w*|ответ\w*)\b.{0,60}?\b"
    r"(?:above|über|oberhalb|au-dessus|dessus|encima|arriba|acima|sopra|boven|ovenfor|ovanför"
    r"|powyżej|выше)\b",
    re.IGNORECASE,
)
_ABOVE = (
    "above",
    "über",
    "oberhalb",
    "dessus",
    "encima",
    "arriba",
    "acima",
    "sopra",
    "boven",
    "ovan",
    "oven",
    "powyżej",
    "выше",
)
_LINE_WORD = re.compile(
    r"\b(?:this|dieser|diese|cette|esta|questa|deze|denne|denna|tej|этой)\s(?:\w+ )?"
    r"(?:line|zeile|linie|ligne|línea|linha|riga|lijn|linje|linii|строк\w+)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+=-]{1,80}@[\w-]{1,80}|mailto:", re.IGNORECASE)


def is_ruler(line: str) -> bool:
    """Nothing but dashes, underscores and the like, at least three of them."""
    return len(line) >= 3 and _RULER.match(line[:LONGEST]) is not None


def separator_kind(line: str) -> str | None:
    """`original`, `forwarded` or `above` when the line alone says that the old mail starts here."""
    if len(line) > 120:
        return None
    words = line.strip(_BARE).casefold()
    dressed = line[0] in RULERS or line[-1] in RULERS or line[0] in "[<"
    if words in ORIGINAL:
        return "original" if dressed or line[-1] in ":：" else None
    if words in FORWARDED:
        return "forwarded" if dressed or line[-1] in ":：" else None
    if dressed and words.startswith(("forwarded by ", "original message processed by ")):
        return "forwarded"
    above = any(word in line.casefold() for word in _ABOVE)
    if above and _REPLY_ABOVE.search(line) and (dressed or _LINE_WORD.search(line)):
        return "above"
    return None


def announces(line: str) -> bool:
    """Cheap: do these words, with or without their dashes, speak of an old mail below?"""
    if len(line) < 60 and line.strip(_BARE).casefold() in SAID_ALONE:
        return True
    return len(line) <= 120 and any(word in line for word in _ABOVE)


def header_block(clean: list[str], at: int, *, introduced: bool) -> int | None:
    """The line after a block of translated mail headers starting at `at`, or None if there is no such block.

    Without a separator above it the block must state a sender and, beside, two more headers (or one and an
    address): "From: Boston" over "To: New York" is a reader's travel plan.
    """
    first = header_label(clean[at])
    if first is None or first is Label.ASIDE:
        return None
    inside = labels_inside(clean[at]) if len(clean[at]) > 40 else set()
    if first is Label.FROM and Label.SUBJECT in inside and len(inside) >= 3:
        return at + 1
    kinds, end = _collect_labels(clean, at)
    others = kinds & {Label.DATE, Label.TO, Label.SUBJECT}
    if introduced and len(kinds) >= 2:
        return end
    if Label.FROM not in kinds or not others:
        return None
    shown = any(_ADDRESS.search(line[:LONGEST]) for line in clean[at:end])
    if len(others) >= 2:
        return end if Label.DATE in kinds or shown else None
    return end if shown and others != {Label.TO} else None


def _collect_labels(clean: list[str], at: int) -> tuple[set[Label], int]:
    kinds: set[Label] = set()
    end, plain = at, 0
    for here in range(at, min(len(clean), at + 30)):
        line = clean[here]
        label = header_label(line) if line else None
        if label is not None and (label not in kinds or label in (Label.CC, Label.ASIDE)):
            kinds.add(label)
            end, plain = here + 1, 0
            continue
        if line:
            plain += 1
        # A long list of recipients wraps; a blank line is tolerated where every header stands apart.
        elif header_label(_said(clean, here)) is None:
            break
        if plain > 3:
            break
    return kinds, end


def _said(clean: list[str], at: int) -> str:
    following = next_said(clean, at, 3)
    return clean[following] if following < len(clean) else ""


def _undressed(clean: list[str], at: int) -> bool:
    """ "Original Message" without its dashes, right above the headers."""
    if clean[at].strip(_BARE).casefold() not in SAID_ALONE:
        return False
    following = next_said(clean, at + 1, 4)
    return following < len(clean) and header_block(clean, following, introduced=True) is not None


def old_mail_below(clean: list[str], at: int) -> tuple[str, int] | None:
    """What starts at this line, if the old mail does: its kind, and the line where its body begins."""
    line = clean[at]
    kind = separator_kind(line) if len(line) <= 120 else None
    if kind == "above":
        return kind, at + 1
    if kind:
        following = next_said(clean, at + 1, 4)
        end = header_block(clean, following, introduced=True) if following < len(clean) else None
        return kind, end or at + 1
    if _undressed(clean, at):
        return "original", next_said(clean, at + 1)
    ruled = line[0] in RULERS and (is_ruler(line) or _RULED_WORDS.match(line[:LONGEST]) is not None)
    if ruled:
        following = next_said(clean, at + 1, 4)
        if following == len(clean):
            return None
        bare = not is_ruler(line)
        end = header_block(clean, following, introduced=bare)
        return ("headers", end) if end else None
    end = header_block(clean, at, introduced=False)
    return ("headers", end) if end else None
