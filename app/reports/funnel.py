"""How many came to a guide's page and how far they went, by day, by source and by function.

A row counts the people who asked in its day (or came from its source), and how far those same people have got by now,
so that no number is larger than the one before it. Who asked, never confirmed and was removed is counted among those
who asked. Visits are counts of page views and belong to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Subquery, case, exists, func, literal, select
from sqlalchemy.orm import Session

from app.guides.models import Grant, GuideVisits
from app.subscribers.models import ConsentAction, ConsentRecord, Subscriber

STEPS = ("visited", "requested", "confirmed", "granted", "downloaded", "subscribed")


@dataclass(frozen=True)
class FunnelRow:
    """One day, source or function. `visited` is None where visits do not tell."""

    name: str
    visited: int | None = 0
    requested: int = 0
    confirmed: int = 0
    granted: int = 0
    downloaded: int = 0
    subscribed: int = 0


@dataclass(frozen=True)
class Funnel:
    """One guide over the last days, read three ways, and its totals."""

    days: tuple[FunnelRow, ...]
    sources: tuple[FunnelRow, ...]
    functions: tuple[FunnelRow, ...]
    total: FunnelRow


def read_funnel(session: Session, now: datetime, slug: str, zone: ZoneInfo, days: int = 30) -> Funnel:
    """The funnel of the last `days` days on the wall calendar of `zone`, today included."""
    today = now.astimezone(zone).date()
    calendar = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    people = _people(slug, calendar, zone)
    by_day = _counts(session, slug, GuideVisits.day, calendar[0])
    by_source = _counts(session, slug, GuideVisits.source, calendar[0])
    forgotten = sum(asked for _, asked in by_day.values())
    counted = {int(key): row for key, row in _grouped(session, people, people.c.day).items()}
    day_rows = tuple(
        _row(day.isoformat(), by_day.get(day, (0, 0)), counted.get(number, _NOTHING))
        for number, day in enumerate(calendar)
    )
    sources = {str(key or "direct"): row for key, row in _grouped(session, people, people.c.source).items()}
    source_rows = [
        _row(name, by_source.get(name, (0, 0)), sources.get(name, _NOTHING))
        for name in {*sources, *by_source}
    ]
    functions = [
        FunnelRow(str(key.value if key else "not said"), None, *row)
        for key, row in _grouped(session, people, people.c.function).items()
    ]
    if forgotten:
        functions.append(FunnelRow("never confirmed, removed", None, forgotten))
    total = FunnelRow("all", *(sum(getattr(row, step) or 0 for row in day_rows) for step in STEPS))
    return Funnel(
        day_rows,
        tuple(sorted(source_rows, key=lambda row: (-row.requested, -(row.visited or 0), row.name))[:40]),
        tuple(sorted(functions, key=lambda row: (-row.requested, row.name))),
        total,
    )


_NOTHING = (0, 0, 0, 0, 0)


def _people(slug: str, calendar: Sequence[date], zone: ZoneInfo) -> Subquery:
    """One line for each grant asked for within the calendar: its day's number, and which steps it took."""
    starts = [datetime.combine(day, time(), zone).astimezone(UTC) for day in calendar]
    end = datetime.combine(calendar[-1] + timedelta(days=1), time(), zone).astimezone(UTC)
    whens = [(Grant.requested_at >= start, number) for number, start in reversed(list(enumerate(starts)))]
    subscribed = exists(
        select(literal(1)).where(
            ConsentRecord.subscriber_id == Grant.subscriber_id,
            ConsentRecord.action == ConsentAction.CONFIRMED,
            ConsentRecord.topic_id.is_not(None),
            ConsentRecord.at >= Grant.requested_at,
        )
    )
    return (
        select(
            case(*whens, else_=0).label("day"),
            Grant.source.label("source"),
            Subscriber.function.label("function"),
            _one(Grant.confirmed_at.is_not(None)).label("confirmed"),
            _one(Grant.granted_at.is_not(None)).label("granted"),
            _one(Grant.downloaded_at.is_not(None)).label("downloaded"),
            _one(subscribed).label("subscribed"),
        )
        .join(Subscriber, Subscriber.id == Grant.subscriber_id)
        .where(Grant.slug == slug, Grant.requested_at >= starts[0], Grant.requested_at < end)
        .subquery()
    )


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _grouped(session: Session, people: Subquery, key: Any) -> dict[Any, tuple[int, ...]]:
    columns = people.c
    query = select(
        key,
        func.count(),
        func.sum(columns.confirmed),
        func.sum(columns.granted),
        func.sum(columns.downloaded),
        func.sum(columns.subscribed),
    ).group_by(key)
    return {row[0]: tuple(int(number) for number in row[1:]) for row in session.execute(query)}


def _counts(session: Session, slug: str, key: Any, since: date) -> dict[Any, tuple[int, int]]:
    """Visits, and requests of people who were removed."""
    query = (
        select(key, func.sum(GuideVisits.visits), func.sum(GuideVisits.forgotten))
        .where(GuideVisits.slug == slug, GuideVisits.day >= since)
        .group_by(key)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in session.execute(query)}


def _row(name: str, counted: tuple[int, int], steps: tuple[int, ...]) -> FunnelRow:
    visited, forgotten = counted
    return FunnelRow(name, visited, steps[0] + forgotten, *steps[1:])
