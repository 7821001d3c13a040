"""Pausing, resuming and stopping an Edition. Nothing already handed to a relay can be called back."""

from datetime import datetime

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from app.delivery.editions import get_edition
from app.delivery.models import Edition, EditionState
from app.foundation.db import changed_rows
from app.foundation.errors import Conflict
from app.foundation.jobs import BULK, ring_after_commit

_RUNNING = (EditionState.OPEN, EditionState.SENDING)


def pause_edition(session: Session, now: datetime, edition_id: int, reason: str = "") -> None:  # noqa: ARG001
    """Lease nothing more; workers stop within a second. Raises Conflict when it is not being sent."""
    paused = changed_rows(
        session,
        update(Edition)
        .where(Edition.id == edition_id, Edition.state.in_(_RUNNING))
        .values(state=EditionState.PAUSED, pause_reason=reason),
    )
    if paused != 1:
        raise Conflict(f"It is {get_edition(session, edition_id).state.value}, so there is nothing to pause.")


def resume_edition(session: Session, now: datetime, edition_id: int) -> None:  # noqa: ARG001
    """Go on where it stopped. Raises Conflict when it is not paused."""
    resumed = changed_rows(
        session,
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.PAUSED)
        .values(
            state=case((Edition.opened_at.is_(None), EditionState.OPEN), else_=EditionState.SENDING),
            pause_reason="",
            trouble="",
        ),
    )
    if resumed != 1:
        raise Conflict(f"It is {get_edition(session, edition_id).state.value}, not paused.")
    ring_after_commit(session, "sending.send_edition", edition_id, queue=BULK)


def stop_edition(session: Session, now: datetime, edition_id: int, reason: str = "") -> None:
    """For good: whoever has not been mailed never will be. Raises Conflict when it is over already."""
    stopped = changed_rows(
        session,
        update(Edition)
        .where(Edition.id == edition_id, Edition.state.in_((*_RUNNING, EditionState.PAUSED)))
        .values(state=EditionState.STOPPED, pause_reason=reason, finished_at=now),
    )
    if stopped != 1:
        raise Conflict(f"It is {get_edition(session, edition_id).state.value} already.")


def note_trouble(session: Session, edition_id: int, why: str) -> None:
    """Why sending waits by itself; it goes on by itself too, once that is mended."""
    session.execute(update(Edition).where(Edition.id == edition_id).values(trouble=why))
