"""A mail taken apart, whatever it is made of, within fixed bounds of depth, parts and size (A49).

The standard library's parser raises on some malformed mail, recurses as deep as the sender likes and copies every
part. This one never raises, keeps offsets into one buffer, and says when it stopped early.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.conversation.charsets import decode_header, decode_text, decode_transfer

MAX_BYTES: Final = 12 * 1024 * 1024
MAX_DEPTH: Final = 24
MAX_PARTS: Final = 500
MAX_HEADER_BYTES: Final = 256 * 1024
MAX_FIELD_BYTES: Final = 16 * 1024
MAX_TEXT_BYTES: Final = 1024 * 1024

_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_MBOX_FROM: Final = re.compile(rb">?From [^\n]*\n")
_PARAMETER: Final = re.compile(
    r""";\s{0,20}([^\s=;"]{1,80})\s{0,20}=\s{0,20}(?:"((?:[^"\\]|\\.){0,2000})"?|([^;]{0,2000}))"""
)


@dataclass
class Part:
    """One entity: its header fields in order (names in lower case), its undecoded body, its children."""

    fields: list[tuple[str, str]]
    body: bytes
    depth: int
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    children: list["Part"] = field(default_factory=list)

    def get(self, name: str) -> str:
        """The first field of that name, unfolded but not decoded; empty when absent."""
        return next((value for key, value in self.fields if key == name), "")

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def decoded(self, name: str) -> str:
        """The first field of that name with its encoded words read."""
        return decode_header(self.get(name))

    @property
    def is_attachment(self) -> bool:
        return self.get("content-disposition").lower().startswith("attachment")

    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        return decode_transfer(self.body, self.get("content-transfer-encoding"))

    def text(self) -> str:
        """The body as text, cut after a megabyte."""
        data = decode_transfer(self.body[: 2 * MAX_TEXT_BYTES], self.get("content-transfer-encoding"))
        return decode_text(data[:MAX_TEXT_BYTES], self.parameters.get("charset", ""))

    def walk(self) -> Iterator["Part"]:
        """This part and everything inside it, in order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


@dataclass(frozen=True)
class Mail:
    """A parsed mail; `bounded` tells that something of it was left out."""

    root: Part
    size: int
    bounded: bool

    def get(self, name: str) -> str:
        return self.root.get(name)

    def decoded(self, name: str) -> str:
        return self.root.decoded(name)

    def parts(self) -> Iterator[Part]:
        return self.root.walk()

    def own_parts(self) -> Iterator[Part]:
        """Every part but what lies inside an attached or returned message."""
        waiting = [self.root]
        while waiting:
            part = waiting.pop()
            yield part
            if not part.content_type.startswith("message/"):
                waiting.extend(reversed(part.children))


def parse_mail(raw: bytes) -> Mail:
    """Take a mail apart. Never raises; what exceeds the bounds is left out and said."""
    data = raw[:MAX_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    found = _MBOX_FROM.match(data)
    reader = _Reader(bounded=len(raw) > MAX_BYTES)
    root = reader.read(data[found.end() :] if found else data, 0)
    return Mail(root, len(raw), reader.bounded)


@dataclass
class _Reader:
    """Counts parts over the whole mail."""

    bounded: bool = False
    parts: int = 0

    def read(self, data: bytes, depth: int, default_type: str = "text/plain") -> Part:
        self.parts += 1
        fields, body = split_fields(data)
        part = Part(fields, body, depth)
        part.content_type, part.parameters = read_value(part.get("content-type"))
        if "/" not in part.content_type:
            part.content_type = default_type
        if part.content_type.startswith("multipart/") or part.content_type in _MESSAGES:
            if depth >= MAX_DEPTH:
                self.bounded = True
            else:
                part.children = list(self._inside(part, depth))
        return part

    def _inside(self, part: Part, depth: int) -> Iterator[Part]:
        if part.content_type in _MESSAGES:
            if self.parts < MAX_PARTS:
                yield self.read(part.content().lstrip(b"\n"), depth + 1)
            return
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for piece in _pieces(part.body, part.parameters.get("boundary", "")):
            if self.parts >= MAX_PARTS:
                self.bounded = True
                return
            yield self.read(piece, depth + 1, default)


_MESSAGES: Final = frozenset({"message/rfc822", "message/global", "message/news"})


def split_fields(data: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """The header fields of an entity and its body. A line that is no field ends the header, as mail readers do."""
    fields: list[tuple[str, list[bytes]]] = []
    at = 0
    limit = min(len(data), MAX_HEADER_BYTES)
    while at < limit:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        line = data[at:end]
        if not line.strip(b" \t") and not (fields and _continues(data, end)):
            return _decoded(fields), data[end + 1 :]
        found = _FIELD.match(line)
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
        elif found:
            fields.append((found.group(1).decode("ascii").lower(), [line[found.end() :]]))
        elif not fields or not line.startswith((b"From ", b">From ")):
            return _decoded(fields), data[at:]
        at = end + 1
    return _decoded(fields), data[at:]


def _continues(data: bytes, end: int) -> bool:
    """A line of only white space inside a folded field; real mail has them, a truly empty line ends the header."""
    return data[end - 1 : end] in (b" ", b"\t") and bool(re.match(rb"\n[ \t]+\S", data[end : end + 200]))


def _decoded(fields: list[tuple[str, list[bytes]]]) -> list[tuple[str, str]]:
    return [(name, decode_text(b"".join(lines)[:MAX_FIELD_BYTES]).strip()) for name, lines in fields]


def read_value(value: str) -> tuple[str, dict[str, str]]:
    """A structured value such as a Content-Type: the value in lower case and its parameters (RFC 2045, 2231)."""
    bare = value[:8000]
    parameters: dict[str, str] = {}
    for found in _PARAMETER.finditer(bare):
        name = found.group(1).lower()
        text = found.group(2) if found.group(2) is not None else (found.group(3) or "").strip()
        parameters.setdefault(name.partition("*")[0], re.sub(r"\\(.)", r"\1", text))
    return bare.partition(";")[0].strip().strip('"').lower(), parameters


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """The entities between the delimiter lines of a multipart; none without a boundary."""
    if not boundary.strip():
        return
    mark = b"--" + boundary.encode("utf-8", "replace").rstrip()
    begun = -1
    for start, end, closing in _delimiters(body, mark):
        if begun >= 0:
            yield body[begun : max(begun, start - 1)]
        begun = end + 1
        if closing:
            return
    if 0 <= begun < len(body):
        yield body[begun:]


def _delimiters(body: bytes, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each delimiter line, and whether it closes; a longer boundary is another multipart's."""
    at = 0 if body.startswith(mark) else body.find(b"\n" + mark) + 1
    while at > 0 or body.startswith(mark):
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
        rest = body[at + len(mark) : end].strip(b" \t")
        if rest in (b"", b"--"):
            yield at, end, rest == b"--"
        following = body.find(b"\n" + mark, end)
        if following < 0:
            return
        at = following + 1
