"""Appends objects to a PDF without rewriting it (an incremental update, ISO 32000-1 §7.5.6).

Writing a guide of sixty pages anew takes 60 to 150 ms; what a reader's copy adds to it are a dozen objects, and
appending them takes one or two. The original stays in front byte for byte.
"""

import hashlib
import re
from decimal import Decimal
from typing import Any

import pikepdf

_STARTXREF = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")


class Increment:
    """What is to be appended to one PDF; nothing is written before `finish`."""

    def __init__(self, original: bytes, document: pikepdf.Pdf) -> None:
        end = _STARTXREF.search(original, max(0, len(original) - 64))
        if end is None or original[int(end.group(1)) :].startswith(b"xref") is False:
            raise ValueError("not a PDF with a plain table of objects")
        self.original = original
        self.document = document
        self._previous = int(end.group(1))
        self._next = int(document.trailer.Size)
        self._bodies: dict[int, bytes] = {}
        self._copied: dict[tuple[int, int], int] = {}

    def add(self, body: bytes) -> bytes:
        """A new object; returns the reference to it."""
        number = self._next
        self._next += 1
        self._bodies[number] = body
        return reference(number)

    def replace(self, existing: Any, body: bytes) -> None:
        """A new version of an object of the document."""
        self._bodies[existing.objgen[0]] = body

    def copy(self, foreign: Any) -> bytes:
        """An object of another document with everything it refers to, written for this one."""
        return write(foreign, self._copy_referred)

    def own(self, value: Any) -> bytes:
        """An object of this document as it stands; what it refers to stays where it is."""
        return write(value, lambda referred: reference(referred.objgen[0]))

    def _copy_referred(self, foreign: Any) -> bytes:
        if foreign.objgen not in self._copied:
            self._copied[foreign.objgen] = self._next
            self._next += 1
            number = self._copied[foreign.objgen]
            self._bodies[number] = write(foreign, self._copy_referred, top=True)
        return reference(self._copied[foreign.objgen])

    def finish(self) -> bytes:
        """The whole file. The same additions to the same file give the same bytes."""
        out = bytearray(self.original)
        if not out.endswith(b"\n"):
            out += b"\n"
        table = bytearray(b"xref\n")
        for number, body in sorted(self._bodies.items()):
            table += b"%d 1\n%010d 00000 n\r\n" % (number, len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        trailer = self.document.trailer
        changed = hashlib.sha256(bytes(out[len(self.original) :])).digest()[:16]
        start = len(out)
        out += table
        out += b"trailer\n<</Size %d/Root %b/Info %b/Prev %d/ID[%b<%b>]>>\nstartxref\n%d\n%%%%EOF\n" % (
            self._next,
            reference(trailer.Root.objgen[0]),
            reference(trailer.Info.objgen[0]),
            self._previous,
            write(trailer.ID[0], lambda _: b"null"),
            changed.hex().encode(),
            start,
        )
        return bytes(out)


def reference(number: int) -> bytes:
    """`12 0 R`"""
    return b"%d 0 R" % number


def stream(dictionary: bytes, data: bytes) -> bytes:
    """A stream object; `dictionary` holds its entries but for the length."""
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (dictionary, len(data), data)


def write(value: Any, refer: Any, *, top: bool = False) -> bytes:
    """One PDF object as it is written in a file; `refer` answers what stands for an indirect one."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if value is None or isinstance(value, int | Decimal):
        return (
            b"null"
            if value is None
            else f"{value:f}".encode()
            if isinstance(value, Decimal)
            else b"%d" % value
        )
    if value.is_indirect and not top:
        answer: bytes = refer(value)
        return answer
    if isinstance(value, pikepdf.Stream):
        entries = b"".join(
            _entry(key, item, refer) for key, item in sorted(value.items()) if key != "/Length"
        )
        return stream(entries, value.read_raw_bytes())
    if isinstance(value, pikepdf.Dictionary):
        return b"<<" + b"".join(_entry(key, item, refer) for key, item in sorted(value.items())) + b">>"
    if isinstance(value, pikepdf.Array):
        return b"[" + b" ".join(write(item, refer) for item in value) + b"]"
    written: bytes = value.unparse()
    return written


def _entry(key: str, value: Any, refer: Any) -> bytes:
    return pikepdf.Name(key).unparse() + b" " + write(value, refer)
