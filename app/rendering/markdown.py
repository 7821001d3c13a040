"""Markdown to HTML: for mail (tables around boxes, styles added later) and for the archive page.

Both come from the tree in `tree`; raw HTML was never parsed, and nh3 has the last word on what is let through.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from app.foundation.errors import ContentError
from app.rendering.answering import Letterbox, lane_of
from app.rendering.html_writer import HtmlWriter
from app.rendering.plaintext import write_text
from app.rendering.slots import Marked, Slot, SlotRegistry
from app.rendering.tree import GUIDE_URL, Document, parse

_TAGS: Final = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "a", "img", "code", "pre"),
    *("ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "div", "aside"),
}
_ATTRIBUTES: Final = {
    "*": {"class"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
    "table": {"role", "width", "cellpadding", "cellspacing", "border"},
}
FORWARD: Final = "/forward"
_SCHEMES: Final = {"http", "https", "mailto", "tel"}


@dataclass(frozen=True)
class Places:
    """Where addresses that the author left open lead to: `/path`, `{guide_url}`, and `mailto:stuck` and its like.
    `/forward` is the page that passes on this very letter, where the letter's own page `web_url` is known.

    `registry` is there while a mail is made, whose answers come to addresses of their own.
    """

    base_url: str = ""
    guide_url: str | None = None
    letterbox: Letterbox = field(default_factory=Letterbox)
    registry: SlotRegistry | None = field(default=None, compare=False)
    web_url: str = ""

    def resolve(self, address: str, field: str) -> str:
        """The full address; Marked when it holds a slot of ours.

        Raises ContentError for `{guide_url}` while no guide is known, and for an answer that has nowhere to go.
        """
        if (lane := lane_of(address)) is not None:
            return self.letterbox.address(lane, self.registry, field)
        if address == FORWARD and self.web_url:
            return self.web_url + FORWARD
        if address == GUIDE_URL:
            if not self.guide_url:
                raise ContentError(
                    "A link still points to {guide_url}, and there is no guide to send readers to.",
                    field=field,
                    hint="Replace {guide_url} with the address of the guide's page.",
                )
            return self.guide_url
        return self.base_url.rstrip("/") + address if address.startswith("/") else address


def to_html(source: str | Document, registry: SlotRegistry, places: Places | None = None) -> Markup:
    """The mail's HTML, unstyled, with markers where merge tags stand."""
    where = replace(places or Places(), registry=registry)
    return _html(source, where, lambda slot: registry.mark(slot.name, slot.fallback), mail=True)


def to_web_html(source: str | Document, places: Places | None = None) -> Markup:
    """The archive page's HTML; every merge tag shows its fallback, so no reader's data can leak."""
    return _html(source, places or Places(), lambda slot: str(escape(slot.fallback)), mail=False)


def to_text(source: str | Document, registry: SlotRegistry, places: Places | None = None) -> Marked:
    """The plain-text part, wrapped at 72 columns, with markers where merge tags stand."""
    document = _document(source)
    where = replace(places or Places(), registry=registry)
    return write_text(
        document,
        put=lambda slot: registry.mark(slot.name, slot.fallback),
        resolve=lambda address: where.resolve(address, document.field),
    )


def _document(source: str | Document) -> Document:
    return source if isinstance(source, Document) else parse(source)


def _html(source: str | Document, places: Places, put: Callable[[Slot], str], *, mail: bool) -> Markup:
    document = _document(source)
    renderer = HtmlWriter(put, lambda address: places.resolve(address, document.field), mail=mail)
    html = renderer.render(list(document.shown), MarkdownIt("commonmark").options, {})
    cleaned = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)
    return Markup(cleaned)  # noqa: S704 - nh3 has just cleaned it
