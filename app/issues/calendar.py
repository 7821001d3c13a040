"""The coming weeks at a glance: which slots are taken, free or skipped, across every change of the clocks."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.foundation.errors import Conflict, InvalidInput
from app.issues.cadence import SlotTime, get_cadence, skipped_slots, slots_after
from app.issues.models import Issue, IssueKind, IssueState, SkippedSlot
from app.issues.scheduling import Scheduled, schedule_issue, unschedule_issue

WEEKS: Final = 12


@dataclass(frozen=True)
class Line:
    """One slot: the issue that has it, or free, or skipped. `clocks` says that they changed since the last one.

    `wall` is its time on the cadence's own wall; `gap` says that readers expect something then: it is the next slot, or
    an issue is lined up behind it.
    """

    kind: IssueKind
    slot: SlotTime
    issue: Issue | None = None
    skipped: bool = False
    clocks: str = ""
    wall: datetime | None = None
    gap: bool = False


def coming_slots(session: Session, now: datetime, *, weeks: int = WEEKS) -> list[Line]:
    """Every slot of both cadences in the coming weeks, and what goes out at other times, in order."""
    lines: list[Line] = []
    for kind in IssueKind:
        lines += _of_kind(session, now, kind, now + timedelta(weeks=weeks))
    return sorted(lines, key=lambda line: line.slot.at)


def skip_slot(session: Session, now: datetime, kind: IssueKind, name: str) -> None:
    """Leave a slot out: nothing is scheduled for it by itself. Raises InvalidInput, and Conflict when it is taken."""
    line = _line(session, now, kind, name)
    if line.issue is not None:
        raise Conflict("An issue goes out then.", hint="Move it or take it back first.")
    if not line.skipped:
        with (
            suppress(IntegrityError),
            session.begin_nested(),
        ):  # another window skipped it in this very moment
            session.add(SkippedSlot(kind=kind, slot=name, skipped_at=now))


def keep_slot(session: Session, kind: IssueKind, name: str) -> None:
    """Use a skipped slot after all."""
    session.execute(delete(SkippedSlot).where(SkippedSlot.kind == kind, SkippedSlot.slot == name))


def move_issue(session: Session, now: datetime, issue_id: int, at: str) -> Scheduled:
    """Give a scheduled issue another time (`YYYY-MM-DD HH:MM` in its cadence's zone); its words stay approved.

    Raises Conflict and InvalidInput; the caller rolls back, and the issue keeps its old time.
    """
    version = unschedule_issue(session, now, issue_id).version
    return schedule_issue(session, now, issue_id, at=at, version=version)


def _of_kind(session: Session, now: datetime, kind: IssueKind, until: datetime) -> list[Line]:
    cadence = get_cadence(session, kind)
    zone, skipped = ZoneInfo(cadence.zone), skipped_slots(session, kind)
    query = select(Issue).where(Issue.kind == kind, Issue.state == IssueState.SCHEDULED)
    waiting = {issue.slot: issue for issue in session.scalars(query)}
    lines, offset = [], now.astimezone(zone).utcoffset()
    for slot in takewhile(lambda slot: slot.at <= until, slots_after(cadence, now)):
        here = slot.at.astimezone(zone).utcoffset()
        clocks = "" if here == offset else _clocks(offset, here)
        offset = here
        wall = slot.at.astimezone(zone)
        issue = waiting.pop(slot.name, None)
        lines.append(Line(kind, _promised(slot, issue), issue, slot.name in skipped, clocks, wall))
    lines += [
        Line(kind, SlotTime(issue.slot or "", issue.scheduled_at), issue)
        for issue in waiting.values()
        if issue.scheduled_at
    ]
    last = max((at for at, line in enumerate(lines) if line.issue), default=0)
    return [
        replace(line, gap=at <= last and not line.issue and not line.skipped) for at, line in enumerate(lines)
    ]


def _promised(slot: SlotTime, issue: Issue | None) -> SlotTime:
    """An issue goes out at the instant it was approved for, also when the cadence's own time is another since then."""
    if issue is None or issue.scheduled_at in (None, slot.at):
        return slot
    return SlotTime(
        slot.name, issue.scheduled_at or slot.at, "Approved before the rule of these days was changed."
    )


def _clocks(before: timedelta | None, after: timedelta | None) -> str:
    forward = (after or timedelta()) > (before or timedelta())
    return f"The clocks went {'forward' if forward else 'back'} since the last one; it is the same time by the wall."


def _line(session: Session, now: datetime, kind: IssueKind, name: str) -> Line:
    for line in _of_kind(session, now, kind, now + timedelta(weeks=WEEKS + 1)):
        if line.slot.name == name:
            return line
    raise InvalidInput("There is no such slot in the coming weeks.", field="slot")
