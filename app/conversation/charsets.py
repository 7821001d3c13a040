"""Bytes from strangers to text: whatever charset they claim, something readable comes out and nothing raises."""

import base64
import binascii
import codecs
import quopri
import re
from typing import Final

# Codecs that are no charsets, or that cost more than a line of mail is worth.
_REFUSED: Final = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"}
)
_MEANT: Final = {
    "iso-8859-1": "cp1252",  # what everybody who writes it means, as browsers decided (WHATWG Encoding)
    "latin-1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
}
_SINGLE_BYTE: Final = ("cp125", "windows-125", "iso-8859-", "latin", "macintosh")
_MULTIBYTE: Final = frozenset({"gb18030", "gbk", "big5", "cp932", "cp949", "euc-jp", "euc-kr", "iso-2022-jp"})
_ENCODED_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\n]{0,2000})\?=")
_BETWEEN: Final = re.compile(r"(\?=)[ \t\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")


def decode_text(data: bytes, charset: str = "") -> str:
    """Text from bytes: the claimed charset where it fits, else UTF-8, else Windows-1252, without an error."""
    name = _MEANT.get(charset.strip().strip("\"'").lower(), charset.strip().strip("\"'").lower())
    # Bytes that are sound UTF-8 are UTF-8, whatever single-byte charset the sender's program believes in.
    first = ("utf-8", name) if name.startswith(_SINGLE_BYTE) else (name, "utf-8")
    for candidate in first:
        try:
            if not candidate or candidate in _REFUSED:
                continue
            codec = codecs.lookup(candidate)
            if not getattr(codec, "_is_text_encoding", True):
                continue
            return codec.decode(data, "strict")[0]
        except (LookupError, ValueError):
            continue
    return data.decode(name if name in _MULTIBYTE else "cp1252", "replace")


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding; damaged base64 gives what can be read of it."""
    name = encoding.partition(";")[0].strip().strip("\"'").lower()
    if name == "base64":
        return decode_base64(data)
    if name == "quoted-printable":
        return quopri.decodestring(data)
    return data


def decode_base64(data: bytes) -> bytes:
    """Lenient base64: foreign characters skipped, missing padding added, a lone last digit dropped."""
    digits = _NOT_BASE64.sub(b"", data)
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4))
    except (binascii.Error, ValueError):
        return b""


def decode_header(value: str) -> str:
    """RFC 2047 encoded words as text; anything damaged stays as it stood."""
    if "=?" not in value:
        return value
    joined = _BETWEEN.sub(r"\1", value)  # white space between encoded words is not text (RFC 2047 6.2)
    return _ENCODED_WORD.sub(_word, joined)


def _word(found: re.Match[str]) -> str:
    charset, form, text = found.groups()
    raw = text.encode("ascii", "replace")
    data = decode_base64(raw) if form in "bB" else quopri.decodestring(raw.replace(b"_", b"=20"))
    return decode_text(data, charset.partition("*")[0])
