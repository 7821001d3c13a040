"""The coming weeks: both cadences by the wall clock, moved and skipped by hand."""

from datetime import UTC, datetime, time

import pytest
from sqlalchemy.orm import Session

from app.foundation.errors import Conflict, InvalidInput
from app.issues.cadence import get_cadence
from app.issues.calendar import coming_slots, keep_slot, move_issue, skip_slot
from app.issues.models import IssueKind
from app.issues.scheduling import free_slots, schedule_issue
from tests.issues.conftest import MakeIssue

LETTER = IssueKind.LETTER


def test_twelve_weeks_of_both_cadences_keep_the_wall_clock_across_a_change(
    session: Session, cadences: None
) -> None:
    lines = coming_slots(session, datetime(2027, 2, 1, tzinfo=UTC))
    letters = [line for line in lines if line.kind is LETTER]
    assert (len(lines), len(letters)) == (24, 12)
    assert [line.slot.at.hour for line in letters] == [13] * 6 + [12] * 6
    assert [line.slot.name for line in lines if line.clocks] == ["2027-03-14", "2027-03-16"]
    assert "forward" in letters[6].clocks


def test_a_skipped_week_is_passed_over_until_it_is_wanted_after_all(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    for _ in range(2):
        skip_slot(session, now, LETTER, "2026-11-17")
    assert free_slots(session, now, LETTER, 1)[0].name == "2026-11-24"
    assert schedule_issue(session, now, make_issue().id).slot.name == "2026-11-24"
    assert [line.slot.name for line in coming_slots(session, now) if line.skipped] == ["2026-11-17"]
    keep_slot(session, LETTER, "2026-11-17")
    assert schedule_issue(session, now, make_issue().id).slot.name == "2026-11-17"


def test_naming_a_skipped_slot_takes_it(session: Session, now: datetime, make_issue: MakeIssue) -> None:
    skip_slot(session, now, LETTER, "2026-11-17")
    schedule_issue(session, now, make_issue().id, at="2026-11-17 08:15")
    assert not any(line.skipped for line in coming_slots(session, now))


def test_a_taken_or_unknown_slot_is_not_skipped(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    schedule_issue(session, now, make_issue().id)
    with pytest.raises(Conflict, match="Move it"):
        skip_slot(session, now, LETTER, "2026-11-17")
    with pytest.raises(InvalidInput):
        skip_slot(session, now, LETTER, "2026-11-18")


def test_an_issue_is_moved_with_its_words_as_approved(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    schedule_issue(session, now, issue.id)
    moved = move_issue(session, now, issue.id, "2026-11-19 09:30")
    assert (moved.issue.slot, moved.issue.version) == ("2026-11-19T09:30", 1)
    line = next(line for line in coming_slots(session, now) if line.issue)
    assert line.slot.at == datetime(2026, 11, 19, 14, 30, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="has passed"), session.begin_nested():
        move_issue(session, now, issue.id, "2020-01-01 09:30")
    assert issue.slot == "2026-11-19T09:30"


def test_an_issue_approved_before_the_rule_changed_is_shown_at_the_time_it_goes_out(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = schedule_issue(session, now, make_issue().id).issue
    get_cadence(session, LETTER).local_time = time(9, 30)
    letters = [line for line in coming_slots(session, now) if line.kind is LETTER]
    assert letters[0].issue is issue
    assert letters[0].slot.at == issue.scheduled_at
    assert "before the rule" in letters[0].slot.note
    assert letters[1].slot.note == ""
