"""The text and the HTML of a mail, whatever its parts claim about themselves.

Charsets lie, transfer encodings break and parts nest without end, so everything here is bounded and nothing raises
for the sake of a byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr

MOST_PARTS = 400
LARGEST_PART = 4_000_000
_SINGLE_BYTE = (
    "ascii",
    "us-ascii",
    "ansi_x3.4-1968",
    "iso-8859-",
    "iso8859",
    "latin",
    "windows-125",
    "cp125",
    "macintosh",
)
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
}


@dataclass(frozen=True)
class Body:
    """What there is to read; either may be empty."""

    plain: str
    html: str


def read_body(message: Message) -> Body:
    plain: list[str] = []
    html: list[str] = []
    for part in _inline_parts(message):
        kind = part.get_content_type()
        if kind == "text/html":
            if not html:
                html.append(_decoded(part))
        elif kind in ("text/plain", "text/enriched"):
            plain.append(_unflowed(part, _decoded(part)))
    return Body("\n".join(text.rstrip("\n") for text in plain), "".join(html))


def _inline_parts(message: Message) -> Iterator[Message]:
    """Leaves that are read in place: no attachments, and nothing out of an enclosed mail."""
    waiting: list[Message] = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        kind = part.get_content_type()
        if kind == "message/rfc822":
            continue
        payload = part.get_payload() if part.is_multipart() else None
        if isinstance(payload, list):
            waiting.extend(child for child in reversed(payload) if isinstance(child, Message))
        elif kind.startswith("text/") and not _attached(part):
            yield part


def _attached(part: Message) -> bool:
    disposition = header(part, "Content-Disposition").strip().casefold()
    return disposition.startswith("attachment") or (
        "filename" in disposition and not disposition.startswith("inline")
    )


def header(message: Message, name: str) -> str:
    """A header's text, however broken; empty when it is not there or cannot be read."""
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, LookupError):
        raw = [value for key, value in message.raw_items() if key.casefold() == name.casefold()]
        return str(raw[0]) if raw else ""


def parameter(part: Message, name: str) -> str:
    """A parameter of the content type, lower case."""
    try:
        found = part.get_param(name)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, LookupError):
        return ""
    return str(found[2] if isinstance(found, tuple) else found or "").strip().casefold()


def _decoded(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    if not isinstance(payload, bytes):
        raw = part.get_payload()
        return raw[:LARGEST_PART] if isinstance(raw, str) else ""
    return decode(payload[:LARGEST_PART], parameter(part, "charset"))


def decode(raw: bytes, charset: str) -> str:
    """Bytes as text: UTF-8 wherever a part that claims a single-byte charset is valid UTF-8 all the same."""
    if raw.isascii() and not charset.startswith(("utf-7", "utf-16", "iso-2022", "hz", "unicode-1-1")):
        return raw.decode("ascii")
    if not charset or charset.startswith(("utf-8", "utf8", "unknown", *_SINGLE_BYTE)):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        return raw.decode(_ALIASES.get(charset, charset) or "cp1252", errors="replace")
    except (LookupError, ValueError):
        return raw.decode("cp1252", errors="replace")


def _unflowed(part: Message, text: str) -> str:
    """RFC 3676: put together what was broken with a trailing space, outside quotes and signatures."""
    if parameter(part, "format") != "flowed":
        return text
    joint = "" if parameter(part, "delsp") == "yes" else " "
    lines: list[str] = []
    open_line = False
    for line in text.replace("\r\n", "\n").split("\n"):
        marked = line.startswith(">")
        stuffed = line[1:] if line.startswith(" ") else line
        if open_line and not marked and stuffed.strip():
            lines[-1] = lines[-1].rstrip(" ") + joint + stuffed
        else:
            lines.append(line if marked else stuffed)
        open_line = not marked and line.endswith(" ") and line != "-- " and bool(line.strip())
    return "\n".join(lines)


def sender_names(message: Message) -> frozenset[str]:
    """How the sender may sign: full name, first name, last name, initials; lower case."""
    name = parseaddr(header(message, "From"))[0].strip(" '\"").casefold()
    if "," in name:
        last, _, first = name.partition(",")
        name = f"{first.strip()} {last.strip()}"
    words = [word for word in name.replace(".", " ").split() if word]
    if not words or "@" in name or len(words) > 5:
        return frozenset()
    initials = "".join(word[0] for word in words)
    known = {name, words[0], words[-1], f"{words[0]} {words[-1][0]}"}
    return frozenset(known | ({initials} if len(words) > 1 else set()))
