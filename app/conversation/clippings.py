"""Mail that the author sends to their own address for clipping: which links are in it, and what they wrote about it.

The token in the address is the proof of who it is; a From header is none. What the links lead to is not looked at here.
"""

import html
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.conversation.inspecting import Inspection
from app.conversation.mime import parse_mail
from app.conversation.models import InboundKind
from app.issues.clipping import clip_mail, urls_in

_HREF: Final = re.compile(
    r"""(?i)<a\s[^>]{0,300}?\bhref\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s>"']{1,2000}))"""
)
_MOST_LINKS: Final = 400


def take_clippings(
    session: Session, now: datetime, raw: bytes, found: Inspection, author_id: int
) -> InboundKind:
    """Clip what the mail brings; reports about undelivered mail, and mail to somebody who left, bring nothing."""
    if found.kind in {InboundKind.BOUNCE, InboundKind.COMPLAINT}:
        return found.kind
    author = session.get(Author, author_id)
    if author is not None and author.disabled_at is None:
        clip_mail(
            session, now, author_id=author.id, subject=found.subject, words=found.text, links=links_in(raw)
        )
    return InboundKind.OTHER


def links_in(raw: bytes) -> list[str]:
    """The web addresses of a mail in order, quoted and forwarded ones too, each once."""
    found: dict[str, None] = {}
    for link in _links(raw):
        found.setdefault(link)
        if len(found) >= _MOST_LINKS:
            break
    return list(found)


def _links(raw: bytes) -> Iterator[str]:
    parts = [part for part in parse_mail(raw).parts() if part.content_type in {"text/html", "text/plain"}]
    marked = [part for part in parts if part.content_type == "text/html"]
    for part in marked or parts:
        text = part.text()
        if part.content_type == "text/plain":
            yield from urls_in(text)
            continue
        for match in _HREF.finditer(text):
            link = html.unescape(match[1] or match[2] or match[3]).strip()
            if link.lower().startswith(("http://", "https://")):
                yield link
