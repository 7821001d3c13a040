"""What machines read: the Atom feed with whole letters, the map for search engines, the rules for crawlers."""

import re
from datetime import UTC, datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from app.issues.queries import sent_issues
from app.issues.series import series_in_archive
from app.issues.themes import archive_themes
from app.web.public.kept import keep
from app.web.public.letters import letter_of
from app.web.public.site import site
from app.web.state import reader, runtime

bp = Blueprint("feeds", __name__)

_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")

FEED_LENGTH = 20
MOST_MAPPED = 5000
PRIVATE = (
    "/admin/",
    "/confirm/",
    "/preferences/",
    "/unsubscribe/",
    "/issues/*/forward",
    "/guides/*/download/",
    "/guides/*/file/",
    "/guides/*/read",
    "/guides/*/take/",
    "/t/",
    "/dev/",
)


@bp.get("/feed.xml")
@keep
def feed() -> ResponseReturnValue:
    """Atom (RFC 4287) with whole letters; 304 for whoever has the newest already."""
    letters = tuple(
        letter_of(each, with_body=True) for each in sent_issues(reader(), per_page=FEED_LENGTH).items
    )
    updated = max((letter.changed_at for letter in letters), default=None)
    page = render_template("public/feed.xml", letters=letters, updated=updated)
    response = Response(page, mimetype="application/atom+xml")
    response.headers["Cache-Control"] = "public, max-age=300"
    if updated is not None:
        response.last_modified = updated
    return response


@bp.get("/sitemap.xml")
@keep
def sitemap() -> ResponseReturnValue:
    """What a search engine may show, with the day each page last changed; the newest 5,000 letters."""
    links = runtime().links
    letters = [letter_of(each) for each in sent_issues(reader(), per_page=MOST_MAPPED).items]
    newest = max((letter.changed_at for letter in letters), default=None)
    pages: list[tuple[str, datetime | None]] = [
        (links.home(), newest),
        (links.issues(), newest),
        (links.about(), None),
    ]
    pages += [(links.topic(theme.slug), None) for theme in archive_themes(reader())]
    pages += [(links.series(series.slug), None) for series, _ in series_in_archive(reader())]
    pages += [(links.guide(guide.slug), guide.built_at) for guide in site().guides]
    pages += [(links.issue(letter.slug), letter.changed_at) for letter in letters]
    return Response(render_template("public/sitemap.xml", pages=pages), mimetype="application/xml")


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Pages that belong to one reader are not for crawlers."""
    rules = [f"Disallow: {path}" for path in PRIVATE]
    lines = ["User-agent: *", *rules, "", f"Sitemap: {runtime().links.base_url}/sitemap.xml", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@bp.app_template_filter("xml_text")
def xml_text(text: str) -> str:
    """Without the characters that XML 1.0 (2.2) has no room for, not even as references."""
    return _NOT_XML.sub("", text)


@bp.app_template_filter("rfc3339")
def rfc3339(at: datetime | None) -> str:
    """`2026-11-17T13:15:00Z`, as feeds and maps write it."""
    return (at or datetime(1970, 1, 1, tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
