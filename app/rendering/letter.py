"""An Issue as a mail and as an archive page, from one Markdown text."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from markdown_it.common.normalize_url import normalizeLink as normalize_url
from markupsafe import Markup

from app.foundation.errors import InvalidInput
from app.rendering.answering import Letterbox
from app.rendering.around import NOTHING, Around
from app.rendering.brand import Brand
from app.rendering.digest import Digest, DigestLink, read_digest
from app.rendering.digest_web import digest_html, origin_words, shown_address
from app.rendering.mail import one_line, render_mail
from app.rendering.markdown import Places, to_html, to_text, to_web_html
from app.rendering.merge import fill_with_fallbacks, place_tags
from app.rendering.slots import Marked, RenderedMail, SlotRegistry
from app.rendering.tree import parse


class LetterKind(StrEnum):
    """What the author writes: the Tuesday letter or the Sunday links."""

    LETTER = "letter"
    LINKS = "links"


@dataclass(frozen=True)
class _ReadyLink:
    """A link of the digest with its author's line ready for both parts of the mail."""

    number: int
    title: str
    url: str
    source: str
    origin: str
    picture: str
    why_html: Markup
    why_text: Marked


def render_letter(
    emails_dir: Path,
    kind: str,
    *,
    title: str,
    subject: str,
    preheader: str,
    markdown: str,
    brand: Brand,
    base_url: str,
    web_url: str,
    guide_url: str | None = None,
    reply_domain: str = "",
    around: Around = NOTHING,
) -> RenderedMail:
    """The mail of an Issue, and its variants for the functions it has words for.

    `base_url` has no trailing slash; `guide_url` is where a `{guide_url}` that the author left in a link leads to.
    With a `reply_domain` the three links of an answer lead to addresses of their own.
    Raises ContentError, naming field and line, for whatever readers could not be sent.
    """

    def mail(function: str | None) -> RenderedMail:
        registry = SlotRegistry()
        context = letter_context(
            kind,
            registry,
            title=title,
            subject=subject,
            preheader=preheader,
            markdown=markdown,
            brand=brand,
            base_url=base_url,
            web_url=web_url,
            guide_url=guide_url,
            reply_domain=reply_domain,
            function=function,
            around=around,
        )
        return render_mail(emails_dir, _kind(kind).value, context, registry)

    variants = tuple((function, mail(function)) for function in functions_of(kind, markdown))
    return replace(mail(None), variants=variants)


def functions_of(kind: str, markdown: str) -> list[str]:
    """The functions that an Issue has words for, in order. Raises ContentError."""
    if _kind(kind) is LetterKind.LETTER:
        return sorted(parse(markdown).functions)
    digest = read_digest(markdown)
    return sorted(parse(digest.before).functions | parse(digest.after).functions)


def letter_context(
    kind: str,
    registry: SlotRegistry,
    *,
    title: str,
    subject: str,
    preheader: str,
    markdown: str,
    brand: Brand,
    base_url: str,
    web_url: str,
    guide_url: str | None = None,
    reply_domain: str = "",
    function: str | None = None,
    around: Around = NOTHING,
) -> dict[str, object]:
    """What the templates `letter` and `links` are given, with the author's words parsed and checked, as
    a reader of this function is to see them."""
    context: dict[str, object] = {
        "title": _line(title, registry, "title"),
        "subject": Marked(place_tags(one_line(subject), registry, field="subject")),
        "preheader": _line(preheader, registry, "preheader"),
        "brand": brand,
        "base_url": base_url.rstrip("/"),
        "web_url": web_url,
        "series": around.series,
        "guest": around.guest,
    }
    letterbox = Letterbox(reply_domain, brand.reply_address, web_line(title))
    places = Places(base_url, guide_url, letterbox, web_url=web_url)
    if _kind(kind) is LetterKind.LINKS:
        return context | _digest(read_digest(markdown), registry, places, function)
    document = parse(markdown, function=function)
    body = {
        "body_html": to_html(document, registry, places),
        "body_text": to_text(document, registry, places),
    }
    return context | body


def render_web(
    markdown: str,
    *,
    kind: str = "letter",
    base_url: str = "",
    guide_url: str | None = None,
    letterbox: Letterbox | None = None,
) -> Markup:
    """The body of the archive page: merge tags show their fallbacks, nothing of any reader's is in it."""
    places = Places(base_url, guide_url, letterbox or Letterbox())
    if _kind(kind) is LetterKind.LINKS:
        return digest_html(read_digest(markdown), places)
    return to_web_html(markdown, places)


def web_line(text: str, *, field: str = "title") -> str:
    """A title or subject for the web: merge tags replaced by their fallbacks."""
    return " ".join(fill_with_fallbacks(text, field=field).split())


def _line(text: str, registry: SlotRegistry, field: str) -> Marked:
    return Marked(place_tags(" ".join(text.split()), registry, field=field))


def _digest(
    digest: Digest, registry: SlotRegistry, places: Places, function: str | None
) -> dict[str, object]:
    before, after = parse(digest.before, function=function), parse(digest.after, function=function)
    return {
        "links": [
            _ready(number, link, registry, places) for number, link in enumerate(digest.links, start=1)
        ],
        "before_html": to_html(before, registry, places),
        "before_text": to_text(before, registry, places),
        "after_html": to_html(after, registry, places),
        "after_text": to_text(after, registry, places),
    }


def _ready(number: int, link: DigestLink, registry: SlotRegistry, places: Places) -> _ReadyLink:
    return _ReadyLink(
        number=number,
        title=link.title,
        url=shown_address(normalize_url(link.url), "link", number, places),
        source=link.source,
        origin=origin_words(link),
        picture=shown_address(link.picture, "image", number, places) if link.picture else "",
        why_html=to_html(link.why, registry, places),
        why_text=to_text(link.why, registry, places),
    )


def _kind(kind: str) -> LetterKind:
    try:
        return LetterKind(kind)
    except ValueError:
        raise InvalidInput(f"“{kind}” is not a kind of issue; use letter or links.", field="kind") from None
