"""Putting a built guide where readers get it from: the files in storage first, the row that names them second.

Every key carries a hash of what lies under it, so nothing that is being served is ever overwritten: a build that fails
half-way, or a transaction that does not commit, leaves the edition before it whole.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.errors import NotFound, Unavailable
from app.foundation.storage import Storage
from app.guides.building import BuiltGuide, build_pdf, render_cover
from app.guides.content import GuideContent
from app.guides.followups import ensure_topic
from app.guides.models import GuideFile
from app.guides.snapshot import freeze_content, picture_names, thaw_content
from app.rendering.typeset import typeset

COVER_WIDTH = 720


@dataclass(frozen=True)
class PreparedGuide:
    """A guide whose files are in storage and that only needs its row."""

    content: GuideContent
    built: BuiltGuide
    storage_key: str


def cover_key(file: GuideFile) -> str:
    """Storage key of an edition's cover picture, beside its PDF."""
    return file.storage_key.removesuffix(".pdf") + ".png"


def content_key(slug: str, source_sha256: str) -> str:
    """Storage key of the content that the pages of an edition are made from."""
    return f"guides/{slug}/{source_sha256[:16]}/content.json"


def picture_key(slug: str, source_sha256: str, name: str) -> str:
    """Storage key of a picture in the web edition."""
    return f"guides/{slug}/{source_sha256[:16]}/{name}"


def prepare_guide(content: GuideContent, storage: Storage) -> PreparedGuide:
    """Build the PDF and the cover and store both; takes seconds, so no transaction should be open meanwhile.

    A broken source raises ContentError and replaces nothing.
    """
    built = build_pdf(content)
    cover = render_cover(content, COVER_WIDTH)
    key = f"guides/{content.slug}/{built.sha256[:16]}.pdf"
    files = {
        key: built.pdf,
        key.removesuffix(".pdf") + ".png": cover,
        content_key(content.slug, content.source_sha256): freeze_content(content),
    }
    for name in picture_names(content):
        files[picture_key(content.slug, content.source_sha256, name)] = (content.folder / name).read_bytes()
    for name, data in files.items():
        storage.put(name, data)
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
    row.title = typeset(content.title)
    row.storage_key = prepared.storage_key
    row.source_sha256 = content.source_sha256
    row.file_name = f"{content.slug}-{content.matter.edition}.pdf"[:120]
    row.pages = built.pages
    row.bytes = len(built.pdf)
    row.built_at = now
    ensure_topic(session, content)
    session.flush()
    return row


def published_content(storage: Storage, slug: str, source_sha256: str) -> GuideContent:
    """The content of an edition as it was published. Raises Unavailable when it has to be built again."""
    try:
        return thaw_content(storage.get(content_key(slug, source_sha256)))
    except NotFound:
        raise Unavailable(
            "This guide has to be built again before it can be shown.", hint="handoff guide build"
        ) from None


def is_servable(storage: Storage, file: GuideFile) -> bool:
    """Can this version of the program show the edition?"""
    try:
        published_content(storage, file.slug, file.source_sha256)
    except Unavailable:
        return False
    return storage.exists(cover_key(file))
