"""Approving an issue for a slot, and taking it back.

Between the two the text cannot change (writing.EDITABLE): what was approved is what is sent. See decision 0007.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.quiet import clear_quiet_window, set_quiet_window
from app.foundation.db import changed_rows
from app.foundation.errors import Conflict
from app.issues.cadence import SlotTime, get_cadence, next_slot, slots_after, taken_slots, typed_slot
from app.issues.models import Issue, IssueKind, IssueState, SkippedSlot
from app.issues.queries import get_issue
from app.issues.writing import EDITABLE, check_complete

_WAY_BACK = {IssueState.SCHEDULED: "Take it back first to give it another time."}


@dataclass(frozen=True)
class Scheduled:
    """The issue and the slot it took; `slot.note` is worth saying when it is not empty."""

    issue: Issue
    slot: SlotTime


def schedule_issue(
    session: Session, now: datetime, issue_id: int, *, at: str | None = None, version: int | None = None
) -> Scheduled:
    """Approve the issue for `at` (`YYYY-MM-DD HH:MM` in the cadence's zone), or for the next free slot.

    `version` is the one the author looked at, where that is known. Raises InvalidInput naming what is missing or
    wrong (`subject`, `markdown`, `at`), Conflict when the issue or the slot has been taken meanwhile.
    """
    issue = get_issue(session, issue_id)
    check_complete(issue)
    if version is not None and version != issue.version:
        raise Conflict(
            "The issue was changed after you looked at it.", hint="Look at it again, then schedule it."
        )
    if at is not None:
        slot = typed_slot(get_cadence(session, issue.kind), at, now)
        if not _take(session, issue, slot):
            raise Conflict("Another issue has that slot.", field="at", hint="Choose another time.")
        session.execute(  # whoever names a skipped slot wants it after all
            delete(SkippedSlot).where(SkippedSlot.kind == issue.kind, SkippedSlot.slot == slot.name)
        )
        return Scheduled(issue, slot)
    while True:
        slot = next_slot(session, now, issue.kind)
        if _take(session, issue, slot):
            return Scheduled(issue, slot)


def unschedule_issue(session: Session, now: datetime, issue_id: int) -> Issue:
    """Take the issue back to a draft and give its slot free.

    Raises Conflict when it is not scheduled, or is going out at this very moment.
    """
    taken_back = changed_rows(
        session,
        update(Issue)
        .where(Issue.id == issue_id, Issue.state == IssueState.SCHEDULED)
        .values(state=IssueState.DRAFT, slot=None, scheduled_at=None, updated_at=now),
    )
    issue = get_issue(session, issue_id)
    session.refresh(issue)
    if taken_back != 1:
        raise Conflict(f"This issue is {issue.state.value}, not scheduled.")
    clear_quiet_window(session, window_key(issue_id))
    return issue


def window_key(issue_id: int) -> str:
    """The name of an issue's quiet window: around it, its readers get nothing of lower rank."""
    return f"issue:{issue_id}"


def free_slots(session: Session, now: datetime, kind: IssueKind, count: int = 4) -> list[SlotTime]:
    """The next slots of a kind that nobody has taken."""
    cadence, taken = get_cadence(session, kind), taken_slots(session, kind)

    def free() -> Iterator[SlotTime]:
        return (slot for slot in slots_after(cadence, now) if slot.name not in taken)

    return [slot for slot, _ in zip(free(), range(count), strict=False)]


def _take(session: Session, issue: Issue, slot: SlotTime) -> bool:
    """Claim the slot for the issue; False when another issue holds it (UNIQUE (kind, slot)).

    Raises Conflict when the issue itself is no longer a draft, or no longer the one that was read.
    """
    try:
        with session.begin_nested():
            claimed = changed_rows(
                session,
                update(Issue)
                .where(
                    Issue.id == issue.id, Issue.version == issue.version, Issue.state.in_(EDITABLE)
                )  # the very words that were looked at, whatever is saved meanwhile
                .values(state=IssueState.SCHEDULED, slot=slot.name, scheduled_at=slot.at, held_reason=""),
            )
    except IntegrityError:
        return False
    session.refresh(issue)
    if claimed == 1:
        set_quiet_window(session, window_key(issue.id), get_cadence(session, issue.kind).topic_id, slot.at)
        return True
    if issue.state in EDITABLE:
        raise Conflict(
            "The issue was changed after you looked at it.", hint="Look at it again, then schedule it."
        )
    raise Conflict(f"This issue is {issue.state.value} already.", hint=_WAY_BACK.get(issue.state))
