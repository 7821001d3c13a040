"""Tracked links: planned once per Edition in the compiled mail, registered under their numbers.

A reader is only ever sent to a URL that stood in the mail (A17, A18): the tracked address carries the number of
the link, never its target. The plain text keeps the addresses as written, because people read those.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.links import Links
from app.rendering.slots import MARK, RenderedMail, Slot
from app.tracking.models import Link

# Anchors, image maps and the VML buttons of Outlook; never <link>, <base> or an image.
_HREF = re.compile(r"""(<(?:a|area|v:\w+)\b[^>]{0,4000}?\shref=)(["'])([^"'<>]{1,4000})\2""", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")

TOKEN_SLOT = "delivery_token"  # noqa: S105
MAX_URL = 2_000


def plan_links(
    rendered: RenderedMail, links: Links, *, pixel: bool = False
) -> tuple[RenderedMail, tuple[str, ...]]:
    """The mail with its http(s) links going through `/t/c/<token>/<n>`, and the target of each n from 0.

    The variants of a mail share one numbering, as they share one Edition.

    Links that carry a reader's own token (leaving, preferences, downloads) stay as they are: a copy of them in a
    click log would be a key to somebody's door.
    """
    numbers: dict[str, int] = {}
    variants = tuple((name, _plan(each, links, numbers, pixel)) for name, each in rendered.variants)
    planned = _plan(rendered, links, numbers, pixel)
    return (replace(planned, variants=variants) if variants else planned), tuple(numbers)


def _plan(rendered: RenderedMail, links: Links, numbers: dict[str, int], pixel: bool) -> RenderedMail:
    slots, marker = _token_marker(rendered.slots)

    def tracked(found: re.Match[str]) -> str:
        url = html.unescape(found.group(3)).strip()
        if MARK.search(url) or not is_trackable(url):
            return found.group(0)
        number = numbers.setdefault(url, len(numbers))
        return f"{found.group(1)}{found.group(2)}{html.escape(links.click(marker, number))}{found.group(2)}"

    body = _HREF.sub(tracked, rendered.html)
    if pixel:
        image = f'<img src="{html.escape(links.open(marker))}" width="1" height="1" alt="" border="0">'
        body, placed = _BODY_END.subn(lambda end: image + end.group(0), body, count=1)
        body = body if placed else body + image
    if body == rendered.html:
        return rendered
    return replace(rendered, html=body, slots=slots)


def is_trackable(url: str) -> bool:
    """An absolute http(s) URL that a browser and we read the same way (A18)."""
    if len(url) > MAX_URL or _UNSAFE.search(url):
        return False
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises on a port that is no number)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def register_links(session: Session, edition_id: int, urls: Iterable[str]) -> None:
    """Write the targets of a freshly frozen Edition; registering the same Edition again changes nothing."""
    known = session.scalar(select(func.count()).where(Link.edition_id == edition_id)) or 0
    session.add_all(
        Link(edition_id=edition_id, number=number, url=url)
        for number, url in enumerate(urls)
        if number >= known
    )


def _token_marker(slots: tuple[Slot, ...]) -> tuple[tuple[Slot, ...], str]:
    """The mail's slots with the token's among them, and the token's marker."""
    wanted = Slot(TOKEN_SLOT)
    if wanted not in slots:
        slots = (*slots, wanted)
    return slots, f"zqslot{slots.index(wanted):04d}qz"
