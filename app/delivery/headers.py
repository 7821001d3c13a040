"""Header lines as RFC 5322 and RFC 2047 want them: folded, encoded, and never more than one line's worth of trust."""

import base64
import re
from email.utils import parseaddr
from typing import Final

from app.foundation.errors import InvalidInput

_FOLD: Final = 78
_WORD: Final = 45  # octets of text in one base64 encoded-word: 75 characters with its frame (RFC 2047, 2)
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_WORD: Final = 900

is_addr_spec: Final = re.compile(r"[^\s<>,\x00-\x1f]+@[^\s<>,\x00-\x1f@]+").fullmatch
"""Truthy for an address that cannot break out of its header."""


def text_header(name: str, value: str) -> bytes:
    """`Name: value` for free text (Subject), folded, with its CRLF."""
    words = " ".join(value.split())
    if words.isascii() and words.isprintable() and "=?" not in words and _fits(words):
        return fold(name, words)
    return f"{name}: ".encode() + _encoded_words(words, len(name) + 2) + b"\r\n"


def mailbox(display: str, address: str) -> bytes:
    """`display <address>` for From, To and Reply-To, without folding.

    Raises InvalidInput when the address could break out of its header.
    """
    if not is_addr_spec(address):
        raise InvalidInput(f"{address!r} cannot stand in a header.", field="address")
    display = " ".join(display.split())
    if not display:
        return address.encode()
    if not display.isascii() or not display.isprintable() or "=?" in display:
        return _encoded_words(display, 16) + b"\r\n <" + address.encode() + b">"
    if not _ATOMS.fullmatch(display):
        display = '"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{display} <{address}>".encode()


def split_mailbox(value: str) -> tuple[str, str]:
    """Display name and address of a From value as the publication or an author wrote it.

    Raises InvalidInput when there is no single address in it.
    """
    display, address = parseaddr(value)
    if "@" not in address or any(char in value for char in "\r\n"):
        raise InvalidInput(
            f"{value!r} is not a sender.", field="sender", hint="Write Name <name@example.com>."
        )
    return display, address


def fold(name: str, value: str) -> bytes:
    """A printable ASCII value broken at its blanks so that lines hold 78 characters where they can."""
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > _FOLD and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _fits(words: str) -> bool:
    return all(len(word) < _LONGEST_WORD for word in words.split(" "))


def _encoded_words(text: str, column: int) -> bytes:
    """Base64 encoded-words, one a line; a character is never split between two (RFC 2047, 5)."""
    words: list[bytes] = []
    part = b""
    room = min(_WORD, (_FOLD - column - 12) * 3 // 4)
    for char in text:
        raw = char.encode("utf-8", "replace")
        if len(part) + len(raw) > room:
            words.append(part)
            part, room = b"", _WORD
        part += raw
    words.append(part)
    return b"\r\n ".join(b"=?utf-8?B?" + base64.b64encode(word) + b"?=" for word in words)
