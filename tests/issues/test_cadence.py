"""Slots are wall-clock time in a zone, whatever the clocks do (promise 3, F16)."""

import os
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from itertools import islice, pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput
from app.issues.cadence import (
    CadenceSettings,
    change_cadence,
    get_cadence,
    next_slot,
    resolve_local,
    seed_cadences,
    slots_after,
    typed_slot,
)
from app.issues.models import Cadence, IssueKind, LatePolicy
from tests.issues.conftest import RULES

NEW_YORK = ZoneInfo("America/New_York")
ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
)
DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


def cadence(weekday: int, at: time, zone: str) -> Cadence:
    return Cadence(kind=IssueKind.LETTER, weekday=weekday, local_time=at, zone=zone)


def independently(wall: datetime, zone: ZoneInfo) -> datetime:
    """Walk through UTC and look at the wall clock: the first instant that shows `wall`, or else has passed it.

    Uses no fold, no local arithmetic and not Python's own reading of the zones: the C library says what a clock on the
    wall shows at an instant.
    """
    with living_in(zone.key):
        start = wall.replace(tzinfo=UTC) - timedelta(hours=27)
        before = start
        for instant in (start + timedelta(minutes=15) * n for n in range(4 * 54)):
            if shown(instant) >= wall:
                break
            before = instant
        minutes = (before + timedelta(minutes=n) for n in range(1, 16))
        return next(minute for minute in minutes if shown(minute) >= wall)


def shown(instant: datetime) -> datetime:
    """What the wall clock shows where we live (see `living_in`)."""
    return datetime(*clock.localtime(int(instant.timestamp()))[:6])


@contextmanager
def living_in(zone: str) -> Iterator[None]:
    """This process's C library takes this zone for its own, by the file that Python reads."""
    places = [Path(folder) / zone for folder in TZPATH] + [Path(str(files("tzdata"))) / "zoneinfo" / zone]
    before = os.environ.get("TZ")
    os.environ["TZ"] = f":{next(place for place in places if place.is_file())}"
    clock.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        clock.tzset()


@settings(max_examples=150, deadline=None)
@given(
    day=DAYS,
    at=st.times(time(0), time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_a_wall_clock_time_is_the_instant_that_a_clock_on_the_wall_shows(
    day: date, at: time, zone: str
) -> None:
    wall = datetime.combine(day, at)
    assert resolve_local(wall, ZoneInfo(zone)).at == independently(wall, ZoneInfo(zone))


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(ZONES), year=st.integers(2024, 2040), minute=st.integers(-90, 90))
def test_around_every_change_of_the_clocks_too(zone: str, year: int, minute: int) -> None:
    place = ZoneInfo(zone)
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(4 * 366)]
    for low, high in pairwise(hours):
        if low.astimezone(place).utcoffset() == high.astimezone(place).utcoffset():
            continue
        change = low
        while change.astimezone(place).utcoffset() == low.astimezone(place).utcoffset():
            change += timedelta(minutes=1)
        wall = change.astimezone(place).replace(tzinfo=None) + timedelta(minutes=minute)
        assert resolve_local(wall, place).at == independently(wall, place)


@settings(max_examples=60, deadline=None)
@given(
    after=st.datetimes(datetime(2024, 1, 1), datetime(2040, 12, 1), timezones=st.just(UTC)),
    weekday=st.integers(0, 6),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_slots_come_once_a_week_in_order_and_never_before_now(
    after: datetime, weekday: int, at: time, zone: str
) -> None:
    slots = list(islice(slots_after(cadence(weekday, at, zone), after), 5))
    days = [date.fromisoformat(slot.name) for slot in slots]
    assert all(day.weekday() == weekday for day in days)
    assert [b - a for a, b in pairwise(days)] == [timedelta(days=7)] * 4
    assert slots[0].at > after
    assert independently(datetime.combine(days[0] - timedelta(days=7), at), ZoneInfo(zone)) <= after
    for slot, day in zip(slots, days, strict=True):
        assert slot.at == independently(datetime.combine(day, at), ZoneInfo(zone))


def test_tuesday_a_quarter_past_eight_in_new_york_across_both_changes() -> None:
    slots = islice(slots_after(cadence(1, time(8, 15), NEW_YORK.key), datetime(2026, 10, 26, tzinfo=UTC)), 2)
    assert [slot.at for slot in slots] == [
        datetime(2026, 10, 27, 12, 15, tzinfo=UTC),
        datetime(2026, 11, 3, 13, 15, tzinfo=UTC),
    ]
    slots = islice(slots_after(cadence(1, time(8, 15), NEW_YORK.key), datetime(2027, 3, 8, tzinfo=UTC)), 2)
    assert [slot.at for slot in slots] == [
        datetime(2027, 3, 9, 13, 15, tzinfo=UTC),
        datetime(2027, 3, 16, 12, 15, tzinfo=UTC),
    ]


def test_a_time_in_the_gap_becomes_the_instant_after_it_and_is_said() -> None:
    resolved = resolve_local(datetime(2027, 3, 14, 2, 30), NEW_YORK)
    assert resolved.at == datetime(2027, 3, 14, 7, 0, tzinfo=UTC)
    assert "2:30 am on Sunday 14 March 2027 does not exist" in resolved.note
    assert "3:00 am New York time (EDT)" in resolved.note


def test_a_time_in_the_overlap_is_the_first_of_the_two_and_is_said() -> None:
    resolved = resolve_local(datetime(2026, 11, 1, 1, 30), NEW_YORK)
    assert resolved.at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert "comes twice; the first is meant" in resolved.note
    assert "(EDT)" in resolved.note


def test_a_whole_day_that_a_place_skipped_is_a_gap_too() -> None:
    resolved = resolve_local(datetime(2011, 12, 30, 8, 15), ZoneInfo("Pacific/Apia"))
    assert resolved.at == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)


def test_the_next_slot_is_next_tuesday_from_monday_on(
    session: Session, cadences: None, now: datetime
) -> None:
    slot = next_slot(session, now, IssueKind.LETTER)
    assert (slot.name, slot.at, slot.note) == ("2026-11-17", datetime(2026, 11, 17, 13, 15, tzinfo=UTC), "")
    assert next_slot(session, slot.at, IssueKind.LETTER).name == "2026-11-24"


@pytest.mark.parametrize(
    "typed",
    ["", "tomorrow", "2026-13-01 08:15", "2026-11-24", "24.11.2026 08:15", "2026-11-24 25:00"],
)
def test_what_is_no_date_is_refused_by_name(
    session: Session, cadences: None, now: datetime, typed: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        typed_slot(get_cadence(session, IssueKind.LETTER), typed, now)
    assert caught.value.field == "at"


def test_the_past_is_refused_and_told_the_time(session: Session, cadences: None, now: datetime) -> None:
    with pytest.raises(
        InvalidInput, match=r"Monday 16 November 2026, 6:59 am New York time \(EST\) has passed"
    ):
        typed_slot(get_cadence(session, IssueKind.LETTER), "2026-11-16 06:59", now)


def test_a_typed_time_on_the_cadence_is_its_slot(session: Session, cadences: None, now: datetime) -> None:
    rule = get_cadence(session, IssueKind.LETTER)
    assert typed_slot(rule, "2026-11-24 08:15", now).name == "2026-11-24"
    assert typed_slot(rule, "2026-11-24T09:00", now).name == "2026-11-24T09:00"


def test_seeding_again_keeps_a_changed_cadence(
    session: Session, cadences: None, topics: dict[str, int]
) -> None:
    rule = CadenceSettings(
        weekday="Sunday", local_time=time(7, 0), zone="Europe/Paris", when_late=LatePolicy.ASK
    )
    change_cadence(session, IssueKind.LINKS, rule)
    seed_cadences(session, RULES, topics)
    links = get_cadence(session, IssueKind.LINKS)
    assert (links.local_time, links.zone, links.late_policy) == (time(7, 0), "Europe/Paris", LatePolicy.ASK)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weekday", "Someday"),
        ("zone", "New York"),
        ("local_time", "8:15 am"),
        ("grace_minutes", 0),
        ("when_late", "shrug"),
    ],
)
def test_a_wrong_rule_is_named(field: str, value: object) -> None:
    good = {"weekday": "Tuesday", "local_time": "08:15", "zone": "UTC"}
    with pytest.raises(InvalidInput) as caught:
        CadenceSettings.checked(IssueKind.LETTER, good | {field: value})
    assert caught.value.field == f"cadence.letter.{field}"
