"""Bytes to text, for pages that are wrong about their own charset as often as not (A26).

Text that is valid UTF-8 is UTF-8 whatever the headers say: no other charset looks like it by accident. After that the
server is believed before the page, and Windows-1252 is what is left.
"""

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_IN_HEADER: Final = re.compile(r"(?i)charset\s*=\s*[\"']?([\w.:-]{2,40})")
_IN_PAGE: Final = re.compile(
    rb"(?is)<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|^\s*<\?xml[^>]{0,200}?encoding=[\"']([\w.:-]{2,40})"
)
_READABLE: Final = re.compile(
    r"utf-(?:8|16|32)(?:-[lb]e)?|ascii|iso8859-\d+|cp\d+|koi8-[rut]|euc_\w+|big5\w*|gb\w+|iso2022_[jk]\w*|hz|mac-roman"
    r"|tis-620|shift_jis\w*|johab"
)
"""Charsets that pages are written in; the codec registry knows other things under such names too."""
_SEVEN_BIT: Final = frozenset({"iso2022_jp", "iso2022_kr", "hz"})
_BROADER: Final = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
"""What browsers read under these names (WHATWG Encoding)."""


def decode_page(body: bytes, content_type: str) -> str:
    """The text; never raises. What cannot be read in the charset found becomes U+FFFD."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    told = _IN_HEADER.search(content_type)
    found = _IN_PAGE.search(body[:4096])
    claims = [
        _known(told.group(1) if told else ""),
        _known((found.group(1) or found.group(2) or b"").decode("ascii", "replace") if found else ""),
    ]
    if any(claim in _SEVEN_BIT for claim in claims):
        return body.decode(next(claim for claim in claims if claim in _SEVEN_BIT), "replace")
    text = _utf8(body)
    if text is not None and not _wide(claims[0]):
        return text
    for claim in claims:
        if claim and claim != "utf-8":
            return body.decode(claim, "replace")
    return body.decode("cp1252", "replace")


def _utf8(body: bytes) -> str | None:
    """The text if it is UTF-8; a body that was cut may end within a character."""
    reader = codecs.getincrementaldecoder("utf-8")()
    try:
        return reader.decode(body)
    except UnicodeDecodeError:
        return None


def _known(name: str) -> str:
    """Python's name of a text charset, as browsers read it; "" for one that nobody knows."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    if not _READABLE.fullmatch(found.name):
        return ""
    return _BROADER.get(found.name, found.name)


def _wide(charset: str) -> bool:
    return charset.startswith(("utf-16", "utf-32"))
