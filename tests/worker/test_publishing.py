"""A due issue goes out once, or is held with the reason; nobody is mailed by half."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cli.seed import seed_installation
from app.delivery.control import stop_edition
from app.delivery.ledger import count
from app.delivery.models import Delivery, Edition, RecipientKind
from app.foundation.errors import Conflict, ContentError
from app.foundation.jobs import Ring, SilentDoorbell
from app.issues.cadence import get_cadence
from app.issues.models import Issue, IssueKind, IssueState, LatePolicy
from app.issues.publishing import prepare_issue, publish_prepared, send_now
from app.issues.queries import get_issue, sent_issue
from app.issues.scheduling import schedule_issue, unschedule_issue
from app.issues.writing import Draft, create_issue, save_issue
from app.tracking.models import Link
from app.wiring import Runtime, press_of
from tests.cast import seed_cast
from tests.fixtures.clock import FrozenClock
from worker.clock import tick
from worker.publishing import publish_due, publish_one

TEXT = "Dear {first_name|reader},\n\nWho [owns](https://example.org/own) the handoff?\n"


@pytest.fixture
def scheduled(runtime: Runtime) -> int:
    """A letter for Tuesday 8:15, with Alice to read it."""
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
        seed_cast(session, runtime.clock(), runtime.address_key)
        issue = create_issue(session, runtime.clock(), IssueKind.LETTER, Draft("Who owns it?", markdown=TEXT))
        schedule_issue(session, runtime.clock(), issue.id)
        return issue.id


def slot_of(runtime: Runtime, issue_id: int) -> datetime:
    with runtime.database.reading() as session:
        at = get_issue(session, issue_id).scheduled_at
    assert at is not None
    return at


def state_of(runtime: Runtime, issue_id: int) -> IssueState:
    with runtime.database.reading() as session:
        return get_issue(session, issue_id).state


def test_nothing_happens_before_the_slot(runtime: Runtime, clock: FrozenClock, scheduled: int) -> None:
    clock.move_to(slot_of(runtime, scheduled) - timedelta(seconds=1))
    tick(runtime, clock())
    assert state_of(runtime, scheduled) is IssueState.SCHEDULED


def test_at_the_slot_the_letter_is_frozen_and_its_ledger_open(
    runtime: Runtime, clock: FrozenClock, doorbell: SilentDoorbell, scheduled: int
) -> None:
    clock.move_to(slot_of(runtime, scheduled))
    tick(runtime, clock())
    with runtime.database.reading() as session:
        issue = get_issue(session, scheduled)
        assert (issue.state, issue.sent_at) == (IssueState.SENDING, clock())
        assert issue.edition_id is not None
        edition = session.get_one(Edition, issue.edition_id)
        counts = count(session, edition.id)
        assert (edition.key, edition.subject, counts.audience) == (f"issue:{scheduled}", "Who owns it?", 1)
        assert edition.sender == '"Mark Levy" <mark@letters.example.com>'
        assert session.scalars(select(Link.url)).first() is not None
        assert "https://example.org/own" in set(session.scalars(select(Link.url)))
        assert sent_issue(session, issue.slug) == issue, "the page that the mail links to must exist"
        assert Ring("sending.send_edition", (edition.id,), "bulk") in doorbell.rings


def test_ticking_again_changes_nothing(runtime: Runtime, clock: FrozenClock, scheduled: int) -> None:
    clock.move_to(slot_of(runtime, scheduled))
    for _ in range(3):
        tick(runtime, clock())
        clock.advance(minutes=1)
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == 1
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1


def test_two_clocks_in_the_same_second_send_one_issue(
    runtime: Runtime, clock: FrozenClock, scheduled: int
) -> None:
    clock.move_to(slot_of(runtime, scheduled))
    together = threading.Barrier(2)
    results: list[object] = []

    def one_clock() -> None:
        together.wait()
        results.append(publish_one(runtime, clock(), scheduled))

    clocks = [threading.Thread(target=one_clock) for _ in range(2)]
    for each in clocks:
        each.start()
    for each in clocks:
        each.join()
    assert sorted(result is None for result in results) == [False, True]
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1


def test_an_issue_within_its_grace_goes_out_late(
    runtime: Runtime, clock: FrozenClock, scheduled: int
) -> None:
    clock.move_to(slot_of(runtime, scheduled) + timedelta(hours=2))
    tick(runtime, clock())
    assert state_of(runtime, scheduled) is IssueState.SENDING


@pytest.mark.parametrize("late", [timedelta(hours=3), timedelta(days=3)])
def test_an_issue_that_is_too_late_is_held_and_the_author_told(
    runtime: Runtime, clock: FrozenClock, scheduled: int, late: timedelta
) -> None:
    clock.move_to(slot_of(runtime, scheduled) + late)
    tick(runtime, clock())
    with runtime.database.reading() as session:
        issue = get_issue(session, scheduled)
        assert (issue.state, issue.slot, issue.edition_id) == (IssueState.HELD, None, None)
        assert "Tuesday 17 November 2026, 8:15 am New York time" in issue.held_reason
        (notice,) = session.scalars(select(Delivery))
        assert notice.recipient_kind is RecipientKind.AUTHOR
        assert "held back" in session.get_one(Edition, notice.edition_id).subject


def test_a_cadence_that_says_send_sends_however_late(
    runtime: Runtime, clock: FrozenClock, scheduled: int
) -> None:
    with runtime.database.writing() as session:
        get_cadence(session, IssueKind.LETTER).late_policy = LatePolicy.SEND
    clock.move_to(slot_of(runtime, scheduled) + timedelta(days=3))
    tick(runtime, clock())
    assert state_of(runtime, scheduled) is IssueState.SENDING


def test_a_held_issue_can_be_scheduled_anew(runtime: Runtime, clock: FrozenClock, scheduled: int) -> None:
    clock.move_to(slot_of(runtime, scheduled) + timedelta(hours=5))
    tick(runtime, clock())
    with runtime.database.writing() as session:
        assert schedule_issue(session, clock(), scheduled).slot.name == "2026-11-24"
        assert get_issue(session, scheduled).held_reason == ""


def test_an_issue_that_cannot_be_rendered_is_held_with_the_reason_and_nobody_is_mailed(
    runtime: Runtime, clock: FrozenClock, scheduled: int
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Issue, scheduled).markdown = "Dear {frist_name|reader},"
    clock.move_to(slot_of(runtime, scheduled))
    tick(runtime, clock())
    with runtime.database.reading() as session:
        issue = get_issue(session, scheduled)
        assert issue.state is IssueState.HELD
        assert "frist_name" in issue.held_reason
        kinds = set(session.scalars(select(Delivery.recipient_kind)))
        assert kinds == {RecipientKind.AUTHOR}


def test_a_missing_template_holds_the_issue_too(
    runtime: Runtime, clock: FrozenClock, scheduled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("worker.publishing.prepare_issue", breaks)
    clock.move_to(slot_of(runtime, scheduled))
    tick(runtime, clock())
    with runtime.database.reading() as session:
        assert "nobody foresaw" in get_issue(session, scheduled).held_reason


def test_one_broken_issue_does_not_keep_another_from_going_out(
    runtime: Runtime, clock: FrozenClock, scheduled: int
) -> None:
    at = slot_of(runtime, scheduled)
    with runtime.database.writing() as session:
        session.get_one(Issue, scheduled).markdown = "{frist_name}"
        other = create_issue(session, clock(), IssueKind.LETTER, Draft("Fine", markdown=TEXT))
        schedule_issue(session, clock(), other.id, at="2026-11-17 08:16")
    clock.move_to(at + timedelta(minutes=2))
    tick(runtime, clock())
    assert state_of(runtime, scheduled) is IssueState.HELD
    assert state_of(runtime, other.id) is IssueState.SENDING


def test_what_was_rendered_before_a_change_is_never_sent(
    runtime: Runtime, clock: FrozenClock, scheduled: int
) -> None:
    at = slot_of(runtime, scheduled)
    with runtime.database.reading() as session:
        stale = prepare_issue(session, scheduled, press_of(runtime))
    with runtime.database.writing() as session:
        version = unschedule_issue(session, clock(), scheduled).version
        save_issue(session, clock(), scheduled, version, Draft("Changed", "Changed", markdown=TEXT))
        schedule_issue(session, clock(), scheduled)
    with runtime.database.writing() as session:
        assert publish_prepared(session, at, stale) is None
    assert state_of(runtime, scheduled) is IssueState.SCHEDULED


def test_an_issue_is_sent_when_its_edition_has_come_to_its_end(
    runtime: Runtime, clock: FrozenClock, scheduled: int
) -> None:
    clock.move_to(slot_of(runtime, scheduled))
    tick(runtime, clock())
    with runtime.database.writing() as session:
        edition_id = get_issue(session, scheduled).edition_id
        assert edition_id is not None
        stop_edition(session, clock(), edition_id)
    publish_due(runtime, clock())
    assert state_of(runtime, scheduled) is IssueState.SENT


def test_an_issue_for_nobody_is_sent_at_once(runtime: Runtime, clock: FrozenClock) -> None:
    with runtime.database.writing() as session:
        seed_installation(session, clock(), runtime.settings)
        issue = create_issue(session, clock(), IssueKind.LETTER, Draft("To nobody", markdown=TEXT))
        send_now(session, clock(), issue.id)
    publish_due(runtime, clock())
    assert state_of(runtime, issue.id) is IssueState.SENT


def test_sending_now_rings_and_goes_out_with_the_next_look(
    runtime: Runtime, clock: FrozenClock, doorbell: SilentDoorbell, scheduled: int
) -> None:
    with runtime.database.writing() as session:
        send_now(session, clock(), scheduled)
    assert Ring("issues.publish_due") in doorbell.rings
    publish_due(runtime, clock())
    assert state_of(runtime, scheduled) is IssueState.SENDING
    with runtime.database.writing() as session, pytest.raises(Conflict, match="sending already"):
        send_now(session, clock(), scheduled)


def test_a_text_that_readers_could_not_be_sent_is_refused_before_it_is_approved(
    session: Session, runtime: Runtime
) -> None:
    seed_installation(session, runtime.clock(), runtime.settings)
    issue = create_issue(
        session, runtime.clock(), IssueKind.LETTER, Draft("Broken", markdown="Hello {first_name")
    )
    with pytest.raises(ContentError) as caught:
        prepare_issue(session, issue.id, press_of(runtime))
    assert (caught.value.field, caught.value.line) == ("markdown", 1)
