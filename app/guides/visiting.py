"""Counting visits to a guide's page, and requests of people who never confirmed and were removed: numbers by day and
source, bounded, with nothing about anybody."""

from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.guides.models import GuideVisits
from app.guides.sources import LONGEST, OTHER

SOURCES_A_DAY: Final = 100


def count_visit(session: Session, slug: str, day: date, source: str) -> None:
    """One more visit. A day has at most SOURCES_A_DAY sources; whoever makes up more is counted under `other`."""
    _count(session, slug, day, source, "visits")


def count_forgotten(session: Session, slug: str, day: date, source: str) -> None:
    """One more request of that day whose person is removed now: the funnel keeps its numbers."""
    _count(session, slug, day, source, "forgotten")


def _count(session: Session, slug: str, day: date, source: str, what: str) -> None:
    source = source[:LONGEST]
    if (
        session.get(GuideVisits, (slug, day, source)) is None
        and _sources(session, slug, day) >= SOURCES_A_DAY
    ):
        source = OTHER
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(GuideVisits)
        .values({"visits": 0, "forgotten": 0, "slug": slug, "day": day, "source": source, what: 1})
        .on_conflict_do_update(
            index_elements=["slug", "day", "source"], set_={what: getattr(GuideVisits, what) + 1}
        )
    )


def _sources(session: Session, slug: str, day: date) -> int:
    query = select(func.count()).where(GuideVisits.slug == slug, GuideVisits.day == day)
    return session.scalar(query) or 0
