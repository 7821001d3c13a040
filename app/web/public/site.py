"""What every page shows of the publication, and the small files that browsers and crawlers ask for."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, g, send_from_directory
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.foundation.errors import NotFound
from app.guides.queries import published_guides
from app.issues.words import MONTHS
from app.publication.settings import get_publication
from app.rendering.brand import palette
from app.rendering.typeset import typeset
from app.signup.wording import in_sentence
from app.web.state import reader

bp = Blueprint("site", __name__)

NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
FOR_ONE_READER = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
DEFAULT_ACCENT = "#0b5d5b"


@dataclass(frozen=True)
class GuideEntry:
    """A guide that can be asked for."""

    slug: str
    title: str
    pages: int
    built_at: datetime


@dataclass(frozen=True)
class Site:
    """The publication as the page frame needs it; the defaults stand in while the records are away."""

    name: str = "Handoff"
    tagline: str = ""
    promise: str = ""
    author_name: str = ""
    postal_address: str = ""
    site_url: str = ""
    linkedin_url: str = ""
    accent: str = DEFAULT_ACCENT
    proof_from: int = 100
    readers_called: str = "readers"
    time_zone: str = "UTC"
    guides: tuple[GuideEntry, ...] = ()

    @property
    def accent_css(self) -> str:
        """The author's own accent for light and dark, where it differs from the sheet's."""
        if self.accent.lower() == DEFAULT_ACCENT:
            return ""
        tones = palette(self.accent)
        return (
            f":root {{ --accent: {tones.link}; --accent-deep: {tones.link}; "
            "--accent-wash: color-mix(in srgb, var(--accent) 9%, var(--paper-raised)); } "
            f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {tones.dark_link}; "
            f"--accent-deep: {tones.dark_link}; --on-accent: {tones.dark_on_accent}; "
            "--accent-wash: color-mix(in srgb, var(--accent) 14%, var(--paper)); } }"
        )

    @property
    def accent_source(self) -> str:
        """What the page's policy says of that style, where a nonce would be the same for everybody."""
        digest = hashlib.sha256(self.accent_css.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'" if self.accent_css else ""

    @property
    def card_accent(self) -> str:
        """The accent as it stands on paper."""
        return palette(self.accent).link


def site() -> Site:
    """This request's Site; never raises, because error pages need a frame too."""
    if "site" not in g:
        g.site = Site() if g.get("records_away") else _read_site()
    found: Site = g.site
    return found


def _read_site() -> Site:
    try:
        row = get_publication(reader())
        guides = published_guides(reader())
    except (SQLAlchemyError, NotFound):
        return Site()
    return Site(
        name=row.name,
        tagline=row.tagline,
        promise=row.promise,
        author_name=row.author_name,
        postal_address=row.postal_address,
        site_url=row.site_url,
        linkedin_url=row.linkedin_url,
        accent=row.accent,
        proof_from=row.proof_from,
        readers_called=row.readers_called,
        time_zone=row.time_zone,
        guides=tuple(GuideEntry(guide.slug, guide.title, guide.pages, guide.built_at) for guide in guides),
    )


@bp.app_context_processor
def _context() -> dict[str, object]:
    return {"site": site(), "asset": asset}


@bp.app_template_filter("issued_on")
def issued_on(instant: datetime | None) -> str:
    """`24 November 2026`, in the publication's zone."""
    return day_in(site().time_zone, instant or datetime(1970, 1, 1, tzinfo=UTC))


def day_in(time_zone: str, instant: datetime) -> str:
    """`24 November 2026`."""
    local = instant.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


bp.add_app_template_filter(typeset, "typeset")
bp.add_app_template_filter(in_sentence, "in_sentence")


@bp.app_template_filter("spelled")
def spelled(number: int) -> str:
    """`seven`; a large number as it is."""
    return NUMBERS[number] if 0 <= number < len(NUMBERS) else f"{number:,}"


@bp.app_template_filter("thousands")
def thousands(number: int) -> str:
    """`1,460`."""
    return f"{number:,}"


def asset(name: str) -> str:
    """The URL of a static file with a mark of its content, so that it may be cached for long."""
    path = Path(current_app.static_folder or "") / name
    return f"/static/{name}?v={_mark(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=64)
def _mark(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def for_one_reader(response: Response) -> Response:
    """Headers of a page that belongs to one reader: its address is a secret and must not travel on."""
    response.headers.update(FOR_ONE_READER)
    return response


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    return send_from_directory(str(current_app.static_folder), "favicon.svg", mimetype="image/svg+xml")
