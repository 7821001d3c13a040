"""The digest on the web: one list, each link with its picture, where it is from, how long it takes, and why."""

from markupsafe import Markup, escape

from app.rendering.digest import Digest, DigestLink
from app.rendering.markdown import Places, to_web_html
from app.rendering.slots import defuse
from app.rendering.tree import checked_address


def digest_html(digest: Digest, places: Places) -> Markup:
    """The body of the page. Raises ContentError naming the link whose address no page can carry."""
    items = Markup("").join(_item(number, link, places) for number, link in enumerate(digest.links, start=1))
    listed = Markup('<ol class="digest" role="list">\n{}</ol>\n').format(items)
    return to_web_html(digest.before, places) + listed + to_web_html(digest.after, places)


def origin_words(link: DigestLink) -> str:
    """`Source · Ann Lee · 4 min read`, as far as it is known."""
    minutes = f"{link.minutes}\u00a0min\u00a0read" if link.minutes else ""
    return "\u00a0· ".join(part for part in (link.source, link.byline, minutes) if part)


def shown_address(address: str, kind: str, number: int, places: Places) -> str:
    """The full address of a link or a picture of the digest. Raises ContentError naming the link."""
    field = f"link {number}"
    return places.resolve(checked_address(address, kind, None, field), field)


def _item(number: int, link: DigestLink, places: Places) -> Markup:
    parts = []
    if link.picture:
        src = shown_address(link.picture, "image", number, places)
        parts.append(
            Markup(
                '<img class="digest__picture" src="{}" alt="" width="480" height="320" loading="lazy">'
            ).format(src)
        )
    url = shown_address(link.url, "link", number, places)
    parts.append(
        Markup('<p class="digest__title"><a href="{}">{}</a></p>').format(url, escape(defuse(link.title)))
    )
    origin = origin_words(link)
    if origin:
        parts.append(Markup('<p class="digest__source">{}</p>').format(defuse(origin)))
    if link.why:
        parts.append(Markup('<div class="digest__why">{}</div>').format(to_web_html(link.why, places)))
    return Markup("<li>{}</li>\n").format(Markup("").join(parts))
