"""A slot is taken by one issue, and given free when the issue is taken back."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.foundation.errors import Conflict, InvalidInput
from app.issues.cadence import get_cadence
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.publishing import hold_issue, send_now
from app.issues.queries import coming_issues, due_issue_ids
from app.issues.scheduling import free_slots, schedule_issue, unschedule_issue
from app.wiring import Runtime, press_of
from tests.issues.conftest import MakeIssue


def test_issues_line_up_in_the_next_free_slots(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    slots = [schedule_issue(session, now, make_issue().id).slot.name for _ in range(3)]
    assert slots == ["2026-11-17", "2026-11-24", "2026-12-01"]
    assert free_slots(session, now, IssueKind.LETTER, 1)[0].name == "2026-12-08"
    assert [issue.slot for issue in coming_issues(session)] == slots


def test_a_slot_taken_back_is_the_next_free_one_again(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    first, second = make_issue(), make_issue()
    schedule_issue(session, now, first.id)
    assert unschedule_issue(session, now, first.id).state is IssueState.DRAFT
    assert schedule_issue(session, now, second.id).slot.name == "2026-11-17"


def test_two_issues_cannot_have_the_same_minute(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    schedule_issue(session, now, make_issue().id, at="2026-11-24 08:15")
    with pytest.raises(Conflict, match="at: Another issue"):
        schedule_issue(session, now, make_issue().id, at="2026-11-24 08:15")
    assert (
        schedule_issue(session, now, make_issue().id, at="2026-11-24 08:16").issue.slot == "2026-11-24T08:16"
    )


def test_scheduling_twice_is_said(session: Session, now: datetime, make_issue: MakeIssue) -> None:
    issue = make_issue()
    schedule_issue(session, now, issue.id)
    with pytest.raises(Conflict, match="scheduled already"):
        schedule_issue(session, now, issue.id)


def test_a_version_that_was_not_looked_at_is_not_approved(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    with pytest.raises(Conflict, match="changed after you looked"):
        schedule_issue(session, now, issue.id, version=issue.version + 1)


def test_an_empty_issue_is_not_scheduled(session: Session, now: datetime, make_issue: MakeIssue) -> None:
    issue = make_issue(markdown="")
    with pytest.raises(InvalidInput) as caught:
        schedule_issue(session, now, issue.id)
    assert caught.value.field == "markdown"
    assert issue.state is IssueState.DRAFT


def test_a_time_in_the_gap_is_resolved_and_said(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    scheduled = schedule_issue(session, now, make_issue().id, at="2027-03-14 02:30")
    assert scheduled.issue.scheduled_at == datetime(2027, 3, 14, 7, 0, tzinfo=UTC)
    assert "does not exist" in scheduled.slot.note


def test_an_issue_is_due_at_its_instant_and_not_before(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    at = schedule_issue(session, now, issue.id).slot.at
    assert due_issue_ids(session, at.replace(minute=14, second=59)) == []
    assert due_issue_ids(session, at) == [issue.id]


def test_what_is_not_scheduled_cannot_be_taken_back(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    with pytest.raises(Conflict, match="draft, not scheduled"):
        unschedule_issue(session, now, make_issue().id)


@pytest.mark.parametrize("approve", [schedule_issue, send_now])
def test_words_saved_in_the_very_moment_of_approval_are_not_approved_with_it(
    session: Session, now: datetime, make_issue: MakeIssue, approve: Callable[..., object]
) -> None:
    issue = make_issue()
    elsewhere = update(Issue).where(Issue.id == issue.id).values(version=Issue.version + 1, markdown="Other.")
    session.execute(elsewhere.execution_options(synchronize_session=False))
    with pytest.raises(Conflict, match="changed after you looked"):
        approve(session, now, issue.id, version=1)
    assert issue.state is IssueState.DRAFT


def test_an_issue_moved_while_a_clock_found_it_late_is_not_held(
    session: Session, now: datetime, make_issue: MakeIssue, runtime: Runtime
) -> None:
    issue = make_issue()
    schedule_issue(session, now, issue.id)
    assert hold_issue(session, now, issue.id, "It was late.", press_of(runtime)) is None
    assert issue.state is IssueState.SCHEDULED


@pytest.mark.parametrize(("at", "what"), [("9999-12-31 23:59", "years away"), ("0001-01-01 00:00", "passed")])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_year_mistyped_is_said(
    session: Session, now: datetime, make_issue: MakeIssue, at: str, what: str, zone: str
) -> None:
    get_cadence(session, IssueKind.LETTER).zone = zone
    with pytest.raises(InvalidInput, match=what) as caught:
        schedule_issue(session, now, make_issue().id, at=at)
    assert caught.value.field == "at"
