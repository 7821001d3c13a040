"""When things go out: wall-clock time in the cadence's zone, across every change of the clocks (promise 3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput, NotFound
from app.issues.models import Cadence, Issue, IssueKind, LatePolicy, SkippedSlot
from app.issues.words import WEEKDAYS, clock_words, day_words, when_words

WEEK: Final = timedelta(days=7)
FURTHEST_YEARS: Final = 2
"""Nobody plans a letter further ahead; a year mistyped would put it away for good."""
_EARLIEST: Final = datetime(1970, 1, 2)  # noqa: DTZ001
"""Earlier walls have passed all the same, and the first of all cannot be counted in UTC."""


@dataclass(frozen=True)
class SlotTime:
    """One occasion to send: its name (unique per kind), the instant in UTC, and what had to be resolved."""

    name: str
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class Resolved:
    """A wall-clock time as an instant; `note` is a sentence when the clocks made it ambiguous or impossible."""

    at: datetime
    note: str = ""


def resolve_local(wall: datetime, zone: ZoneInfo) -> Resolved:
    """The instant of a naive wall-clock time: in a gap the instant after it, in an overlap the first of the two."""
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return Resolved(first.astimezone(UTC))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
        return Resolved(
            first.astimezone(UTC),
            f"The clocks go back that day and {clock_words(wall)} comes twice; the first is meant, "
            f"{when_words(first, zone)}.",
        )
    after = _transition(second.astimezone(UTC), first.astimezone(UTC), zone)
    return Resolved(
        after,
        f"The clocks go forward and {clock_words(wall)} on {day_words(wall)} does not exist; "
        f"the moment after the gap is meant, {when_words(after, zone)}.",
    )


def _transition(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which the offset of `high` holds; PEP 495 brackets the gap with the two folds."""
    target = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == target:
            high = middle
        else:
            low = middle
    return high


def slots_after(cadence: Cadence, after: datetime) -> Iterator[SlotTime]:
    """Every slot of the cadence later than the instant `after`, without end."""
    zone = ZoneInfo(cadence.zone)
    day = after.astimezone(zone).date() - WEEK  # a gap may push a slot past midnight: begin early
    day += timedelta(days=(cadence.weekday - day.weekday()) % 7)
    for week in count():
        slot = slot_on(cadence, day + week * WEEK)
        if slot.at > after:
            yield slot


def slot_on(cadence: Cadence, day: date) -> SlotTime:
    """The cadence's slot on a local date."""
    resolved = resolve_local(datetime.combine(day, cadence.local_time), ZoneInfo(cadence.zone))
    return SlotTime(name=day.isoformat(), at=resolved.at, note=resolved.note)


def next_slot(session: Session, now: datetime, kind: IssueKind, *, after: datetime | None = None) -> SlotTime:
    """The next slot of this kind that no issue has taken."""
    cadence = get_cadence(session, kind)
    taken = taken_slots(session, kind)
    return next(slot for slot in slots_after(cadence, after or now) if slot.name not in taken)


def typed_slot(cadence: Cadence, typed: str, now: datetime) -> SlotTime:
    """The slot for a typed `YYYY-MM-DD HH:MM` in the cadence's zone; on the cadence's own time it is that slot.

    Raises InvalidInput naming `at`: not a date, or in the past.
    """
    zone = ZoneInfo(cadence.zone)
    try:
        wall = datetime.strptime(" ".join(typed.replace("T", " ").split()), "%Y-%m-%d %H:%M")  # noqa: DTZ007
    except ValueError:
        raise InvalidInput(
            "must be a date and a time.", field="at", hint='Write it like "2026-11-24 08:15".'
        ) from None
    if wall.year > now.year + FURTHEST_YEARS:
        raise InvalidInput(
            f"is more than {FURTHEST_YEARS} years away.", field="at", hint="Is the year right?"
        )
    resolved = resolve_local(max(wall, _EARLIEST), zone)
    if resolved.at <= now:
        raise InvalidInput(
            f"{when_words(resolved.at, zone)} has passed.",
            field="at",
            hint=f"It is {when_words(now, zone)} now.",
        )
    regular = wall.weekday() == cadence.weekday and wall.time() == cadence.local_time
    return SlotTime(
        name=wall.date().isoformat() if regular else wall.isoformat(timespec="minutes"),
        at=resolved.at,
        note=resolved.note,
    )


def taken_slots(session: Session, kind: IssueKind) -> frozenset[str]:
    """The slots of this kind that an issue holds or has used, and those the author leaves out."""
    query = select(Issue.slot).where(Issue.kind == kind, Issue.slot.is_not(None))
    return frozenset(slot for slot in session.scalars(query) if slot) | skipped_slots(session, kind)


def skipped_slots(session: Session, kind: IssueKind) -> frozenset[str]:
    """The slots of this kind that the author leaves out."""
    return frozenset(session.scalars(select(SkippedSlot.slot).where(SkippedSlot.kind == kind)))


def get_cadence(session: Session, kind: IssueKind) -> Cadence:
    """The standing rule of a kind. Raises NotFound before the installation was seeded."""
    cadence = session.scalar(select(Cadence).where(Cadence.kind == kind))
    if cadence is None:
        raise NotFound(
            f"There is no cadence for {kind.value} yet.", hint="Run `handoff up` or `handoff seed`."
        )
    return cadence


class CadenceSettings(BaseModel):
    """A cadence as a file or a form gives it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str = ""
    weekday: str
    local_time: time
    zone: str
    grace_minutes: int = Field(default=120, ge=5, le=1440)
    when_late: LatePolicy = LatePolicy.HOLD

    @field_validator("weekday")
    @classmethod
    def _known_day(cls, value: str) -> str:
        if value.capitalize() not in WEEKDAYS:
            raise ValueError(f"must be one of {', '.join(WEEKDAYS)}")
        return value.capitalize()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a zone such as America/New_York")
        return value

    @field_validator("local_time")
    @classmethod
    def _whole_minutes(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("must be a plain time of day; the zone is a setting of its own")
        return value.replace(second=0, microsecond=0)

    @classmethod
    def checked(cls, kind: IssueKind, values: dict[str, Any]) -> "CadenceSettings":
        """Raises InvalidInput naming `cadence.<kind>.<field>`."""
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(["cadence", kind.value, *(str(part) for part in first["loc"])])
            raise InvalidInput(first["msg"].removeprefix("Value error, ") + ".", field=field) from error


def seed_cadences(
    session: Session, rules: dict[IssueKind, CadenceSettings], topic_ids: dict[str, int]
) -> None:
    """The standing rules that are missing; what the studio edited is never overwritten.

    Raises InvalidInput when a rule names a topic that does not exist.
    """
    present = set(session.scalars(select(Cadence.kind)))
    for kind, rule in rules.items():
        if kind in present:
            continue
        if rule.topic not in topic_ids:
            raise InvalidInput(f"There is no topic {rule.topic!r}.", field=f"cadence.{kind.value}.topic")
        cadence = Cadence(kind=kind, topic_id=topic_ids[rule.topic])
        _apply(cadence, rule)
        session.add(cadence)
    session.flush()


def change_cadence(session: Session, kind: IssueKind, rule: CadenceSettings) -> Cadence:
    """Put a new rule in place. Issues already scheduled keep their instant: it was promised to nobody else."""
    cadence = get_cadence(session, kind)
    _apply(cadence, rule)
    session.flush()
    return cadence


def _apply(cadence: Cadence, rule: CadenceSettings) -> None:
    cadence.weekday = WEEKDAYS.index(rule.weekday)
    cadence.local_time = rule.local_time
    cadence.zone = rule.zone
    cadence.grace_minutes = rule.grace_minutes
    cadence.late_policy = rule.when_late
