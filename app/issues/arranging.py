"""Choosing among the clips: tray, shortlist, the picks in their order, the line for each, and mending by hand."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Conflict, InvalidInput
from app.foundation.jobs import ring_after_commit
from app.issues.canonical import clean_url
from app.issues.clip_models import Clip, ClipOrigin, ClipState, ReadState
from app.issues.clipping import ON_HAND, get_clip, key_hash, look_again_later
from app.issues.models import Issue
from app.issues.page.words import one_line
from app.issues.writing import EDITABLE

MOST_PICKS: Final = 12
LONGEST_WHY: Final = 1000
LONGEST_MINUTES: Final = 600
_LAST: Final = 32_000


@dataclass(frozen=True)
class Mended:
    """A clip's fields as the author types them; `published_on` and `minutes` may be empty. `picture` is the name of
    a copy of ours that takes the place of the one there is; without `keep_picture` that one goes."""

    url: str
    title: str
    source: str = ""
    byline: str = ""
    published_on: str = ""
    minutes: str = ""
    keep_picture: bool = True
    picture: str = ""


def move_clip(session: Session, now: datetime, clip_id: int, to: ClipState) -> Clip:
    """Lay a clip into the tray, onto the shortlist or among the picks (at the end of either), or aside.

    Raises Conflict for one that went out already, and when there are too many picks to keep an eye on.
    """
    found = get_clip(session, clip_id)
    if to is ClipState.USED or found.state is ClipState.USED:
        raise Conflict(
            "This link went out in a digest already.", hint="Clip it again if it is to go out twice."
        )
    if found.state is to:
        return found
    if to is ClipState.PICKED:
        picks = len(picked(session))
        if picks >= MOST_PICKS:
            raise Conflict(
                f"There are {MOST_PICKS} picks already.", hint="Take some back to the shortlist first."
            )
        found.position = picks + 1
    else:
        found.position = len(shortlisted(session)) + 1 if to is ClipState.SHORTLISTED else None
        found.issue_id = None
    found.state, found.moved_at, found.duplicate_of_id = to, now, None
    session.flush()
    if to is ClipState.DISMISSED:
        session.execute(
            update(Clip)
            .where(Clip.duplicate_of_id == clip_id, Clip.state.in_(ON_HAND))
            .values(state=ClipState.DISMISSED, moved_at=now)
        )
    elif to in {ClipState.SHORTLISTED, ClipState.PICKED}:
        look_again_later(session, [clip_id], now)
    _renumber(session)
    return found


def place_clip(session: Session, now: datetime, clip_id: int, to: ClipState, before: int | None) -> Clip:
    """Move a clip and put it before another one there; at the end without one, or when that one has gone.

    The tray keeps its own order. Raises what move_clip raises.
    """
    found = move_clip(session, now, clip_id, to)
    if to in ORDERED:
        order = [each.id for each in ORDERED[to](session) if each.id != clip_id]
        order.insert(order.index(before) if before in order else len(order), clip_id)
        _arrange(ORDERED[to](session), order)
        session.flush()
    return found


def shift_clip(session: Session, clip_id: int, by: int) -> None:
    """Move a pick up (-1) or down (+1) among the picks, or a clip on the shortlist there; at an end it stays."""
    state = get_clip(session, clip_id).state
    lying = ORDERED[state](session) if state in ORDERED else []
    order = [each.id for each in lying]
    if clip_id not in order:
        raise Conflict(
            "This link is neither picked nor on the shortlist any more.", hint="Load the page again."
        )
    at = order.index(clip_id)
    order.insert(max(0, at + by), order.pop(at))
    _arrange(lying, order)
    session.flush()


def write_why(session: Session, clip_id: int, why: str, *, was: str | None = None) -> Clip:
    """The author's line, kept as typed, on one line. `was` is the one that stood there when the writing began.

    Raises InvalidInput naming `why`, and Conflict when somebody else wrote there meanwhile.
    """
    found = get_clip(session, clip_id)
    text = " ".join(unicodedata.normalize("NFC", why).split())
    if len(text) > LONGEST_WHY:
        raise InvalidInput(f"is too long for a digest; at most {LONGEST_WHY:,} characters.", field="why")
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise InvalidInput("holds a character that cannot be mailed.", field="why")
    if was is not None and found.why not in {text, " ".join(was.split())}:
        raise Conflict(f"Somebody else wrote here meanwhile: “{found.why}”.", hint="Load the page again.")
    found.why = text
    session.flush()
    return found


def mend_clip(session: Session, now: datetime, clip_id: int, typed: Mended) -> Clip:
    """Write over what was read of the page. Raises InvalidInput naming the field."""
    found = get_clip(session, clip_id)
    title = one_line(typed.title)
    if not title:
        raise InvalidInput("must be filled in.", field="title", hint="It is what readers see of the link.")
    url = clean_url(typed.url)
    found.title, found.source, found.byline = title, one_line(typed.source, 120), one_line(typed.byline)
    found.published_on, found.minutes = _day(typed.published_on), _minutes(typed.minutes)
    if typed.picture or not typed.keep_picture:
        found.picture = typed.picture
    if url != found.url:
        found.url, found.key_hash, found.read_state = url, key_hash(url), ReadState.WAITING
        found.problem, found.status, found.attempts, found.due_at = "", None, 0, now
        ring_after_commit(session, "clipping.read_clip", clip_id)
    found.edited_at = now
    session.flush()
    return found


def read_again(session: Session, now: datetime, clip_id: int) -> Clip:
    """Ask the site once more, at the author's wish."""
    found = get_clip(session, clip_id)
    found.read_state, found.attempts, found.due_at, found.problem = ReadState.WAITING, 0, now, ""
    session.flush()
    ring_after_commit(session, "clipping.read_clip", clip_id)
    return found


def clear_old_feed_items(session: Session, now: datetime, older_than: timedelta) -> int:
    """Lay aside what feeds brought and nobody has touched for so long; how many there were."""
    return changed_rows(
        session,
        update(Clip).where(*_untouched(now - older_than)).values(state=ClipState.DISMISSED, moved_at=now),
    )


def count_old_feed_items(session: Session, now: datetime, older_than: timedelta) -> int:
    """How many clear_old_feed_items would lay aside."""
    return session.scalar(select(func.count()).where(*_untouched(now - older_than))) or 0


def picked(session: Session) -> list[Clip]:
    """The picks in their order; those of a digest that is scheduled or out are no longer anybody's to arrange."""
    query = select(Clip).outerjoin(Issue, Clip.issue_id == Issue.id).where(Clip.state == ClipState.PICKED)
    free = or_(Issue.id.is_(None), Issue.state.in_(EDITABLE))
    return list(session.scalars(query.where(free).order_by(Clip.position, Clip.id)))


def shortlisted(session: Session) -> list[Clip]:
    """The shortlist in its order; what came back from a digest is at its end."""
    query = select(Clip).where(Clip.state == ClipState.SHORTLISTED, Clip.duplicate_of_id.is_(None))
    return list(session.scalars(query.order_by(func.coalesce(Clip.position, _LAST), Clip.moved_at, Clip.id)))


ORDERED: Final = {ClipState.PICKED: picked, ClipState.SHORTLISTED: shortlisted}
"""The lists that the author puts into an order."""


def _arrange(lying: Sequence[Clip], order: Sequence[int]) -> None:
    clips = {each.id: each for each in lying}
    wanted = [number for number in dict.fromkeys(order) if number in clips]
    for place, number in enumerate([*wanted, *(number for number in clips if number not in wanted)], start=1):
        clips[number].position = place


def _renumber(session: Session) -> None:
    for lying in (picked(session), shortlisted(session)):
        _arrange(lying, ())
    session.flush()


def _untouched(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Clip.state == ClipState.TRAY,
        Clip.origin == ClipOrigin.FEED,
        Clip.clipped_at < before,
        or_(Clip.note == "", Clip.note.is_(None)),
    )


def _day(raw: str) -> date | None:
    if not raw.strip():
        return None
    try:
        return date.fromisoformat(raw.strip())
    except ValueError:
        raise InvalidInput(
            "must be a date.", field="published_on", hint="Write it like 2026-11-24, or leave it empty."
        ) from None


def _minutes(raw: str) -> int | None:
    text = raw.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 0 < int(text) <= LONGEST_MINUTES):
        raise InvalidInput(
            f"must be a number from 1 to {LONGEST_MINUTES}.",
            field="minutes",
            hint="Leave it empty if you do not know.",
        )
    return int(text)
