"""The whole text of a mail, quotes and all, as a person would read it."""

import html
import re
from typing import Final

from app.conversation.mime import Mail, Part

_HIDDEN: Final = re.compile(r"<(script|style|head|title)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|hr)\b[^>]{0,500}>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]{0,5000}>")


def readable_text(mail: Mail) -> str:
    """The text of a mail as a person would read it: its plain part, else its HTML."""
    plain = _first(mail, "text/plain")
    if plain is not None and (text := plain.text()).strip():
        return text
    page = _first(mail, "text/html")
    return html_to_text(page.text()) if page is not None else ""


def html_to_text(source: str) -> str:
    """Readable text from HTML, by linear passes only: mail from strangers may nest a hundred thousand tags."""
    text = _BREAK.sub("\n", re.sub(r"\s+", " ", _HIDDEN.sub(" ", source)))
    text = html.unescape(_TAG.sub("", text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def _first(mail: Mail, content_type: str) -> Part | None:
    return next(
        (
            part
            for part in mail.own_parts()
            if part.content_type == content_type and not part.children and not part.is_attachment
        ),
        None,
    )
