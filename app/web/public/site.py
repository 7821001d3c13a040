"""What every page shows of the publication, and the small files that browsers and crawlers ask for."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, current_app, g, send_from_directory
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.foundation.links import Links
from app.publication.models import Publication
from app.web.state import reader, runtime

bp = Blueprint("site", __name__)

DEFAULT_ACCENT = "#0b5d5b"


@dataclass(frozen=True)
class GuideEntry:
    """A guide in the navigation."""

    slug: str
    title: str


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
    guides: tuple[GuideEntry, ...] = ()

    @property
    def accent_css(self) -> str:
        """The author's own accent, where it differs from the sheet's."""
        if self.accent.lower() == DEFAULT_ACCENT:
            return ""
        return f"@media (prefers-color-scheme: light) {{ :root {{ --accent: {self.accent}; }} }}"


def site() -> Site:
    """This request's Site; never raises, because error pages need a frame too."""
    if "site" not in g:
        g.site = Site() if g.get("records_away") else _read_site()
    found: Site = g.site
    return found


def _read_site() -> Site:
    try:
        row = reader().get(Publication, 1)
    except SQLAlchemyError:
        return Site()
    if row is None:
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
    )


@bp.app_context_processor
def _context() -> dict[str, object]:
    return {"site": site(), "asset": asset}


def asset(name: str) -> str:
    """The URL of a static file with a mark of its content, so that it may be cached for long."""
    path = Path(current_app.static_folder or "") / name
    return f"/static/{name}?v={_mark(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=64)
def _mark(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    return send_from_directory(str(current_app.static_folder), "favicon.svg", mimetype="image/svg+xml")


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Pages that belong to one reader are not for crawlers."""
    links: Links = runtime().links
    private = (
        "/admin/",
        "/confirm/",
        "/preferences/",
        "/unsubscribe/",
        "/guides/*/download/",
        "/t/",
        "/dev/",
    )
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private), "", f"# {links.home()}", ""]
    return Response("\n".join(lines), mimetype="text/plain")
