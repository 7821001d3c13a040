"""Putting a built guide where readers get it from: the file in storage first, the row that names it second."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.storage import Storage
from app.guides.building import BuiltGuide, build_pdf, render_cover
from app.guides.content import GuideContent
from app.guides.models import GuideFile

COVER_WIDTH = 720


@dataclass(frozen=True)
class PreparedGuide:
    """A guide whose files are in storage and that only needs its row."""

    content: GuideContent
    built: BuiltGuide
    storage_key: str


def cover_key(slug: str) -> str:
    """Storage key of the cover picture shown on the landing page."""
    return f"guides/{slug}/cover.png"


def prepare_guide(content: GuideContent, storage: Storage) -> PreparedGuide:
    """Build the PDF and the cover and store both; takes seconds, so no transaction should be open meanwhile.

    A broken source raises ContentError and replaces nothing.
    """
    built = build_pdf(content)
    cover = render_cover(content, COVER_WIDTH)
    key = f"guides/{content.slug}/{built.sha256[:16]}.pdf"
    if not storage.exists(key):
        storage.put(key, built.pdf)
    storage.put(cover_key(content.slug), cover)
    return PreparedGuide(content, built, key)


def publish_guide(session: Session, now: datetime, prepared: PreparedGuide) -> GuideFile:
    """Make a prepared guide the edition that is handed out.

    The same bytes are the same row: building twice changes nothing, going back to an older text makes it newest again.
    """
    content, built = prepared.content, prepared.built
    row = session.scalars(
        select(GuideFile).where(GuideFile.slug == content.slug, GuideFile.sha256 == built.sha256)
    ).one_or_none()
    if row is None:
        row = GuideFile(slug=content.slug, sha256=built.sha256)
        session.add(row)
    row.edition = content.matter.edition
    row.title = content.title
    row.storage_key = prepared.storage_key
    row.file_name = f"{content.slug}-{content.matter.edition}.pdf"[:120]
    row.pages = built.pages
    row.bytes = len(built.pdf)
    row.built_at = now
    session.flush()
    return row
