"""The whole text of a mail, quotes and all, as a person would read it."""

import html
import re
from typing import Final

_HIDDEN: Final = re.compile(r"<(script|style|head|title)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/td|/li|/h[1-6]|/blockquote|hr)\b[^>]{0,500}>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]{0,5000}>")


def html_to_text(source: str) -> str:
    """Readable text from HTML, by linear passes only: mail from strangers may nest a hundred thousand tags."""
    text = _BREAK.sub("\n", re.sub(r"\s+", " ", _HIDDEN.sub(" ", source)))
    text = html.unescape(_TAG.sub("", text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()
