"""One issue per slot, whatever two clocks do between each other's steps and however often either is killed.

A clock reads what is due and renders it, then claims it in a second transaction. Here the steps of two clocks are
shuffled, either may be killed and begin anew at any of them, and time passes as it likes, in any zone and year.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.cli.seed import seed_installation
from app.delivery.models import Delivery, Edition
from app.foundation.errors import Conflict
from app.issues.cadence import get_cadence
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.publishing import Prepared, hold_issue, lateness, prepare_issue, publish_prepared
from app.issues.queries import due_issue_ids
from app.issues.scheduling import schedule_issue
from app.issues.writing import Draft, create_issue
from app.wiring import Runtime, press_of
from tests.cast import seed_cast
from tests.issues.test_cadence import ZONES, independently

EXAMPLES: Final = 16
FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
TO_THE_END: Final = (
    *("a is killed", "b is killed", "its slot comes", "a reads", "b reads", "b writes", "a writes"),
)
_number = count()

steps = st.one_of(
    st.sampled_from(
        ["a reads", "b reads", "a writes", "b writes", "a is killed", "b is killed", "its slot comes"]
    ),
    st.integers(1, 200),
)


@dataclass
class Clock:
    """One clock: what it read, until it is killed."""

    read: dict[int, Prepared | str] = field(default_factory=dict)

    def reads(self, here: Runtime, now: datetime) -> None:
        with here.database.reading() as session:
            for issue_id in due_issue_ids(session, now):
                late = lateness(session, now, issue_id)
                self.read[issue_id] = late or prepare_issue(session, issue_id, press_of(here))

    def writes(self, here: Runtime, now: datetime) -> None:
        for issue_id, what in list(self.read.items()):
            with here.database.writing() as session:
                if isinstance(what, str):
                    hold_issue(session, now, issue_id, what, press_of(here))
                else:
                    publish_prepared(session, now, what)
            del self.read[issue_id]


@pytest.fixture
def open_house(runtime: Runtime) -> Runtime:
    """An installation with Alice to read its letters."""
    with runtime.database.writing() as session:
        seed_installation(session, FIRST, runtime.settings)
        seed_cast(session, FIRST, runtime.address_key)
    return runtime


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.integers(0, 300),
    weekday=st.integers(0, 6),
    at=st.times(time(0), time(23, 59)).map(lambda each: each.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
    script=st.lists(steps, max_size=14),
)
def test_an_issue_goes_out_once_in_its_slot_whatever_the_clocks_do(
    open_house: Runtime, days: int, weekday: int, at: time, zone: str, script: list[str | int]
) -> None:
    start = FIRST + timedelta(days=385 * next(_number) % (15 * 365) + days)
    issues = _begin(open_house, start, weekday, at, zone)
    slot = min(issues.values())
    now, clocks = slot - timedelta(minutes=150), {"a": Clock(), "b": Clock()}
    for step in [*script, *TO_THE_END]:
        if isinstance(step, int):
            now += timedelta(minutes=step)
        elif step == "its slot comes":
            now = max(now, slot)
        elif step.endswith("is killed"):
            clocks[step[0]] = Clock()
        elif step.endswith("reads"):
            clocks[step[0]].reads(open_house, now)
        else:
            clocks[step[0]].writes(open_house, now)
        with open_house.database.reading() as session:
            _nobody_twice_and_nothing_early(session, issues, now)
    with open_house.database.reading() as session:
        first = session.get_one(Issue, min(issues, key=lambda each: issues[each]))
        held = first.state is IssueState.HELD and now - slot > timedelta(minutes=120)
        assert first.state is IssueState.SENDING or held


def _begin(runtime: Runtime, start: datetime, weekday: int, at: time, zone: str) -> dict[int, datetime]:
    """Two issues in the next two slots of such a cadence; a third finds no room in either."""
    with runtime.database.writing() as session:
        session.execute(
            update(Issue)
            .where(Issue.state == IssueState.SCHEDULED)
            .values(state=IssueState.DRAFT, slot=None)  # left over from the last example
        )
        cadence = get_cadence(session, IssueKind.LETTER)
        cadence.weekday, cadence.local_time, cadence.zone = weekday, at, zone
        session.flush()
        words = Draft("Who owns it?", markdown="Words.")
        made = [create_issue(session, start, IssueKind.LETTER, words) for _ in range(3)]
        slots = [schedule_issue(session, start, issue.id).slot for issue in made[:2]]
        for slot in slots:
            day = date.fromisoformat(slot.name)
            assert day.weekday() == weekday
            assert slot.at == independently(datetime.combine(day, at), ZoneInfo(zone))
            with pytest.raises(Conflict), session.begin_nested():
                schedule_issue(session, start, made[2].id, at=f"{slot.name} {at:%H:%M}")
        return {issue.id: slot.at for issue, slot in zip(made, slots, strict=False)}


def _nobody_twice_and_nothing_early(session: Session, issues: dict[int, datetime], now: datetime) -> None:
    for issue_id, slot in issues.items():
        issue = session.get_one(Issue, issue_id)
        editions = session.scalars(select(Edition).where(Edition.key == f"issue:{issue_id}")).all()
        if issue.state is IssueState.SENDING:
            assert [edition.id for edition in editions] == [issue.edition_id]
            assert slot <= editions[0].created_at <= slot + timedelta(minutes=120)
            copies = select(func.count()).where(Delivery.edition_id == issue.edition_id)
            assert session.scalar(copies) == 1
        else:
            assert editions == []
            assert now < slot or issue.state in {IssueState.SCHEDULED, IssueState.HELD}
