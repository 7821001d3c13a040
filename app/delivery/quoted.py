"""Quoted-printable with holes: lines stay within 76 characters whatever goes into the holes (RFC 2045, 6.7).

Written so that nothing on the way changes a byte: no line begins with a dot or with "From ", no line ends in a blank,
no two blanks stand side by side. So dots need no stuffing (RFC 5321, 4.5.2), and what we write already is the relaxed
canonical body of DKIM (RFC 6376, 3.4.4): hashing needs no second pass.
"""

import re
from typing import Final

WIDTH: Final = 75  # and one for the soft break's "="
SOFT: Final = b"=\r\n"

_PLAIN: Final = re.compile(r"(?!\.|From )[!-<>-~](?: ?[!-<>-~])*")
_ESCAPE: Final = [f"={byte:02X}" for byte in range(256)]
_SAFE: Final = [chr(byte) if 33 <= byte <= 126 and byte != 61 else _ESCAPE[byte] for byte in range(256)]


def encode_value(value: str) -> bytes:
    """One reader's value for a hole; it begins on a fresh line and has no line break of its own."""
    if len(value) <= WIDTH and _PLAIN.fullmatch(value):
        return value.encode("ascii")
    writer = QuotedWriter()
    writer.write(value)
    return writer.take()


class QuotedWriter:
    """Encodes text piece by piece and knows the column it stands in."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._line: list[str] = []
        self._column = 0

    def write(self, text: str) -> None:
        """Append text; `\\n` is a hard line break."""
        lines = text.split("\n")
        for number, line in enumerate(lines):
            if number:
                self._end("\r\n")
            if line:
                self._write_line(line)

    def hole(self) -> bytes:
        """Everything before a hole, which begins a fresh line."""
        if self._column:
            self._end("=\r\n")
        return self.take()

    def after_hole(self, following: str) -> None:
        """Leave the hole's line, whatever its length; a hard break that follows does that by itself."""
        if following and not following.startswith("\n"):
            self._out.append("=\r\n")

    def take(self) -> bytes:
        """What was written since the last call."""
        self._out.extend(self._line)
        self._line.clear()
        taken = "".join(self._out).encode("ascii")
        self._out.clear()
        return taken

    def _write_line(self, line: str) -> None:
        raw = line.encode("utf-8")
        last = len(raw) - 1
        for at, byte in enumerate(raw):
            if byte == 32:
                lonely = at < last and raw[at + 1] not in b" \t"
                atom = " " if lonely else "=20"
            elif self._column == 0 and (byte == 46 or raw.startswith(b"From ", at)):
                atom = _ESCAPE[byte]
            else:
                atom = _SAFE[byte]
            if self._column + len(atom) > WIDTH:
                self._end("=\r\n")
                if byte == 46 or raw.startswith(b"From ", at):
                    atom = _ESCAPE[byte]
            self._line.append(atom)
            self._column += len(atom)

    def _end(self, how: str) -> None:
        self._out.extend(self._line)
        self._out.append(how)
        self._line.clear()
        self._column = 0
