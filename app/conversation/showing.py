"""A stranger's whole mail, fit to be looked at: its HTML without scripts, styles, forms and anything fetched from
afar; our own signed links without their addresses.

Pictures that lie in the mail are drawn anew. Pictures from elsewhere are left out until the author asks for them; then
this server fetches them through the one safe door and hands on what it has drawn anew, so that the sender learns that
the mail was read, but neither the author's address nor their browser.
"""

import base64
import html
import io
import re
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import nh3
from markupsafe import Markup, escape
from PIL import Image, ImageOps

from app.conversation.inert import inert_text, is_signed
from app.conversation.mime import Mail, Part, parse_mail
from app.conversation.readable import html_to_text
from app.issues.fetching import Fetcher, FetchFailed, Want

MOST_HTML: Final = 400_000
MOST_TAGS: Final = 15_000
MOST_TEXT: Final = 400_000
MOST_PICTURES: Final = 12
WIDEST: Final = 1200
_MOST_PIXELS: Final = 40_000_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_TAGS: Final = {
    *(
        "p",
        "br",
        "hr",
        "div",
        "span",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "s",
        "a",
    ),
    *(
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "code",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
    ),
    *("th", "td", "caption", "sub", "sup", "small", "center", "font", "img"),
}
_ATTRIBUTES: Final = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_DATA: Final = "data:image/"
_IMAGE: Final = re.compile(r"<img\b[^>]{0,4000}>", re.IGNORECASE)
_SRC: Final = re.compile(
    r"""\bsrc\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s>"']{1,2000}))""", re.IGNORECASE
)
_TINY: Final = re.compile(r"""\b(?:width|height)\s*[=:]\s*["']?\s*[0-2](?:px)?\s*["';\s>]""", re.IGNORECASE)


@dataclass(frozen=True)
class Shown:
    """`remote` counts the pictures from elsewhere that were left out; `trackers` those too small to be seen."""

    html: Markup
    remote: int = 0
    trackers: int = 0


def show_mail(raw: bytes, base_url: str, fetcher: Fetcher | None = None) -> Shown:
    """The whole mail. With a fetcher its pictures from elsewhere are fetched, trackers never."""
    mail = parse_mail(raw)
    marked = _first(mail, "text/html")
    source = marked.text()[:MOST_HTML] if marked else ""
    if not source.strip() or source.count("<") > MOST_TAGS:
        return Shown(_as_text(mail, source, base_url))
    wanted, trackers = _remote_pictures(source)
    pictures = _inside(mail)
    if fetcher is not None:
        pictures |= _fetched(fetcher, wanted)
    cleaned = nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keeper(pictures, base_url),
        url_schemes={"http", "https", "mailto", "data", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    left_out = sum(1 for url in wanted if url not in pictures)
    return Shown(Markup(inert_text(cleaned, base_url)), left_out, trackers)  # noqa: S704 - nh3 has just cleaned it


def redraw(data: bytes, widest: int = WIDEST) -> bytes | None:
    """A PNG or JPEG of nothing but the picture; None for what is none, or would cost too much to open."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    return None
                opened.draft("RGB", (widest, widest))
                image = ImageOps.exif_transpose(opened)
                clear = image.has_transparency_data
                image = image.convert("RGBA" if clear else "RGB")
        image.thumbnail((widest, 4 * widest))
        out = io.BytesIO()
        image.save(out, "PNG" if clear else "JPEG", **({} if clear else {"quality": 82}))
        return out.getvalue()
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Warning, Image.DecompressionBombError):
        return None


def _first(mail: Mail, content_type: str) -> Part | None:
    return next((p for p in mail.own_parts() if p.content_type == content_type and not p.is_attachment), None)


def _as_text(mail: Mail, source: str, base_url: str) -> Markup:
    plain = _first(mail, "text/plain")
    text = plain.text() if plain else html_to_text(source)
    return Markup("<pre>{}</pre>").format(escape(inert_text(text[:MOST_TEXT], base_url)))


def _remote_pictures(source: str) -> tuple[list[str], int]:
    """Addresses of the pictures that a person would see, and the number of those nobody would."""
    seen: dict[str, None] = {}
    trackers = 0
    for tag in _IMAGE.findall(source):
        found = _SRC.search(tag)
        url = html.unescape(next(filter(None, found.groups()), "")).strip() if found else ""
        if not url.lower().startswith(("http://", "https://")):
            continue
        if _TINY.search(tag):
            trackers += 1
        else:
            seen.setdefault(url)
    return list(seen), trackers


def _keeper(pictures: Mapping[str, str], base_url: str) -> Callable[[str, str, str], str | None]:
    def keep(_element: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return pictures.get(value.strip())
        if attribute == "href":
            reaches = value.strip().lower().startswith(("http://", "https://", "mailto:"))
            return value if reaches and not is_signed(value, base_url) else None
        return value

    return keep


def _inside(mail: Mail) -> dict[str, str]:
    """`cid:` addresses of the pictures in the mail (RFC 2392), drawn anew."""
    found: dict[str, str] = {}
    for part in mail.own_parts():
        name = part.get("content-id").strip().strip("<>")
        if name and part.content_type.startswith("image/") and len(found) < MOST_PICTURES:
            drawn = redraw(part.content())
            if drawn:
                found[f"cid:{name}"] = _data_url(drawn)
    return found


def _fetched(fetcher: Fetcher, urls: list[str]) -> dict[str, str]:
    chosen = urls[:MOST_PICTURES]
    if not chosen:
        return {}
    with ThreadPoolExecutor(max_workers=6, thread_name_prefix="pictures") as pool:
        drawn = pool.map(lambda url: _fetch(fetcher, url), chosen)
        return {url: _data_url(data) for url, data in zip(chosen, drawn, strict=True) if data}


def _fetch(fetcher: Fetcher, url: str) -> bytes | None:
    try:
        answer = fetcher.fetch(url, Want.PICTURE)
    except FetchFailed:
        return None
    return redraw(answer.body) if answer.status == 200 and not answer.cut else None


def _data_url(data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"{_DATA}{kind};base64,{base64.b64encode(data).decode()}"
