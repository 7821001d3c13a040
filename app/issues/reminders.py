"""When Sunday comes near and the six are not there: the author is told twice, and then the slot is held.

Nothing is ever added to fill a digest. Each occasion is claimed by a row, so that two clocks tell once, and a clock
that was away for a day does not tell of a day that is over.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.notices import Notice, tell_authors
from app.foundation.db import changed_rows
from app.foundation.errors import NotFound
from app.issues.arranging import picked
from app.issues.cadence import SlotTime, get_cadence, resolve_local, skipped_slots, slots_after
from app.issues.clip_models import Clip, ClipState, ReminderDay, SlotReminder
from app.issues.composing import Press
from app.issues.digest import open_draft, retitle_digest
from app.issues.models import Cadence, Issue, IssueKind, IssueState
from app.issues.queries import OUT
from app.issues.words import WEEKDAYS, when_words
from app.issues.writing import PICKS

TELL_AT: Final = time(9, 0)
"""On the wall clock of the cadence's zone."""
_DAY: Final = timedelta(days=1)
_NUMBERS: Final = ("none", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Occasion:
    """A slot that is not provided for, and which of its three occasions it is."""

    slot: SlotTime
    day: ReminderDay


def due_occasion(session: Session, now: datetime) -> Occasion | None:
    """What there is to tell or to note at this instant, whether or not that was done already."""
    try:
        cadence = get_cadence(session, IssueKind.LINKS)
    except NotFound:
        return None
    for slot in _near(cadence, now):
        day = _which_day(cadence, slot, now)
        if day is not None and not _provided_for(session, slot) and _in_use(session, slot):
            return Occasion(slot, day)
    return None


def remind(session: Session, now: datetime, press: Press) -> Occasion | None:
    """Tell every author, or hold the slot; None when there is nothing to do or it was done before."""
    occasion = due_occasion(session, now)
    if occasion is None:
        return None
    count = len(picked(session))
    try:
        with session.begin_nested():
            session.add(SlotReminder(slot=occasion.slot.name, day=occasion.day, picked=count, at=now))
    except IntegrityError:
        return None
    zone = ZoneInfo(get_cadence(session, IssueKind.LINKS).zone)
    if occasion.day is ReminderDay.HELD:
        _hold(session, now, occasion.slot, count, zone)
        return occasion
    tell_authors(
        session,
        now,
        _notice(session, occasion, count, zone, press),
        emails_dir=press.emails_dir,
        links=press.links,
        occasion=f"links:{occasion.slot.name}:{occasion.day.value.replace(' ', '-')}",
    )
    return occasion


def last_held(session: Session, now: datetime) -> SlotReminder | None:
    """The slot that was held in the last week, for the page to say so."""
    query = select(SlotReminder).where(SlotReminder.day == ReminderDay.HELD, SlotReminder.at > now - 6 * _DAY)
    return session.scalar(query.order_by(SlotReminder.at.desc()).limit(1))


def _near(cadence: Cadence, now: datetime) -> list[SlotTime]:
    """The slot that has just passed and the next one."""
    found = []
    for slot in slots_after(cadence, now - _DAY):
        found.append(slot)
        if slot.at > now:
            return found
    return found


def _which_day(cadence: Cadence, slot: SlotTime, now: datetime) -> ReminderDay | None:
    if slot.at <= now:
        return ReminderDay.HELD if now - slot.at < _DAY else None
    zone = ZoneInfo(cadence.zone)
    today = now.astimezone(zone).date()
    if now < resolve_local(datetime.combine(today, TELL_AT), zone).at:
        return None
    days = (slot.at.astimezone(zone).date() - today).days
    return {1: ReminderDay.DAY_BEFORE, 2: ReminderDay.TWO_DAYS_BEFORE}.get(days)


def _provided_for(session: Session, slot: SlotTime) -> bool:
    """A digest is scheduled for the slot or around it, or went out there; or the author skipped it."""
    if slot.name in skipped_slots(session, IssueKind.LINKS):
        return True
    around = Issue.scheduled_at.between(slot.at - 2 * _DAY, slot.at + _DAY)
    taken = (IssueState.SCHEDULED, *OUT)
    query = select(func.count()).where(Issue.kind == IssueKind.LINKS, Issue.state.in_(taken))
    return bool(session.scalar(query.where(or_(Issue.slot == slot.name, around))))


def _in_use(session: Session, slot: SlotTime) -> bool:
    """Somebody who had never clipped a thing by then is not told about links every week."""
    return bool(
        session.scalar(select(Clip.id).where(Clip.clipped_at < slot.at).limit(1))
        or session.scalar(
            select(Issue.id).where(Issue.kind == IssueKind.LINKS, Issue.created_at < slot.at).limit(1)
        )
    )


def _hold(session: Session, now: datetime, slot: SlotTime, count: int, zone: ZoneInfo) -> None:
    """A draft of the picks waits with the reason; without one the row alone says it."""
    draft = open_draft(session)
    if draft is None:
        return
    what = "it was not scheduled" if count == PICKS else f"it has {_number(count)} of six links"
    retitle_digest(session, now, draft)
    reason = f"Its slot, {when_words(slot.at, zone)}, has come and {what}. Nothing went out, and nothing was added."
    changed_rows(
        session,
        update(Issue)
        .where(Issue.id == draft.issue_id, Issue.state == IssueState.DRAFT)
        .values(state=IssueState.HELD, held_reason=reason, updated_at=now),
    )


def _notice(session: Session, occasion: Occasion, count: int, zone: ZoneInfo, press: Press) -> Notice:
    weekday = WEEKDAYS[occasion.slot.at.astimezone(zone).weekday()]
    shortlist = _count(session, ClipState.SHORTLISTED)
    tray = _count(session, ClipState.TRAY)
    silent = sum(not pick.why.strip() for pick in picked(session))
    if count == PICKS:
        state = "Six links are picked, and the digest still has to be scheduled."
    else:
        state = f"You have picked {_number(count)} of six. {_waiting(shortlist, tray)}"
    paragraphs = [
        state,
        f"The slot is {when_words(occasion.slot.at, zone)}. Without six it is held: nothing goes out, and nothing is "
        "added to fill it.",
    ]
    if silent and count:
        left = "has" if silent == 1 else "have"
        paragraphs.insert(
            1, f"{_number(silent).capitalize()} of them still {left} no line on why it matters."
        )
    when = "tomorrow" if occasion.day is ReminderDay.DAY_BEFORE else "in two days"
    return Notice(
        headline=f"{weekday}’s links: {_number(count)} of six, and it is {when}",
        paragraphs=tuple(paragraphs),
        action_label="Choose the rest" if count != PICKS else "Look at the digest",
        action_url=press.links.admin("links"),
    )


def _waiting(shortlist: int, tray: int) -> str:
    if not shortlist and not tray:
        return "Nothing else is waiting; clip something."
    kept = f"{shortlist} on your shortlist" if shortlist else "none on your shortlist"
    return f"There {'is' if shortlist == 1 else 'are'} {kept} and {tray} in the tray."


def _count(session: Session, state: ClipState) -> int:
    query = select(func.count()).where(Clip.state == state, Clip.duplicate_of_id.is_(None))
    return session.scalar(query) or 0


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
