"""Pausing, resuming and stopping an Edition. Nothing already handed to a relay can be called back."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, insert, literal, select, update
from sqlalchemy.orm import Session

from app.delivery.editions import get_edition
from app.delivery.models import (
    DEADLINE,
    LEFT_AS_IT_IS,
    Chunk,
    ChunkState,
    Delivery,
    Edition,
    EditionState,
    Exclusion,
    Outcome,
    OutcomeState,
)
from app.foundation.db import changed_rows
from app.foundation.errors import Conflict, NotFound
from app.foundation.jobs import BULK, HIGH, ring_after_commit

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


def resume_edition(session: Session, now: datetime, edition_id: int) -> None:
    """Go on where it stopped. Raises Conflict when it is not paused."""
    resumed = changed_rows(
        session,
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.PAUSED)
        .values(
            state=case((Edition.opened_at.is_(None), EditionState.OPEN), else_=EditionState.SENDING),
            pause_reason="",
            trouble="",
            resumed_at=now,
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
    exclude_stopped(session, now, edition_id)


def exclude_stopped(
    session: Session, now: datetime, edition_id: int, *, queued_before: datetime | None = None
) -> int:
    """Everybody of a stopped Edition who waits in a queued chunk is excluded for good; how many. Chunks under way
    are given back by their workers within a second and found by the clock.

    `queued_before`: of an Edition of single mails, only those that were asked for earlier.
    """
    which = [Chunk.edition_id == edition_id, Chunk.state == ChunkState.QUEUED]
    if queued_before is not None:
        early = select(Delivery.id).where(
            Delivery.edition_id == edition_id, Delivery.queued_at < queued_before
        )
        which.append(Chunk.first_id.in_(early))
    waiting = (
        select(Delivery.id, Delivery.attempt)
        .join(
            Chunk,
            (Chunk.edition_id == Delivery.edition_id) & Delivery.id.between(Chunk.first_id, Chunk.last_id),
        )
        .where(
            Delivery.edition_id == edition_id,
            Delivery.exclusion.is_(None),
            *which,
            ~exists(
                select(literal(1)).where(
                    Outcome.delivery_id == Delivery.id, Outcome.attempt == Delivery.attempt
                )
            ),
        )
    )
    _open_attempts(session, edition_id, which)
    values = [
        waiting.selected_columns[0],
        waiting.selected_columns[1],
        literal(OutcomeState.EXCLUDED, Outcome.state.type),
        literal(now, Outcome.at.type),
        literal(""),
        literal(Exclusion.STOPPED.value),
        literal(""),
    ]
    columns = ["delivery_id", "attempt", "state", "at", "enhanced", "reply", "relay"]
    excluded = changed_rows(
        session,
        insert(Outcome)
        .from_select(columns, waiting.with_only_columns(*values, maintain_column_froms=True))
        .execution_options(preserve_rowcount=True),
    )
    session.execute(
        update(Chunk)
        .where(*which)
        .values(
            excluded=Chunk.size - Chunk.accepted - Chunk.failed - Chunk.uncertain,
            deferred=0,
            state=ChunkState.DONE,
            done_at=now,
        )
    )
    return excluded


def _open_attempts(session: Session, edition_id: int, which: list[ColumnElement[bool]]) -> None:
    """Deferred deliveries in queued chunks get their next attempt, which is then excluded."""
    deferred = (
        select(Delivery.id)
        .join(
            Chunk,
            (Chunk.edition_id == Delivery.edition_id) & Delivery.id.between(Chunk.first_id, Chunk.last_id),
        )
        .join(Outcome, (Outcome.delivery_id == Delivery.id) & (Outcome.attempt == Delivery.attempt))
        .where(
            Delivery.edition_id == edition_id,
            *which,
            Outcome.state == OutcomeState.DEFERRED,
        )
    )
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(deferred))
        .values(attempt=Delivery.attempt + 1)
        .execution_options(synchronize_session=False)
    )


def send_again(session: Session, now: datetime, delivery_id: int) -> None:
    """Send an uncertain delivery once more, with the same Message-ID: the author would rather risk two copies than
    none. Raises NotFound, and Conflict when it is not uncertain, was decided already, or cannot be sent now."""
    edition_id = _decide(session, delivery_id)
    edition = get_edition(session, edition_id)
    if edition.state is EditionState.STOPPED:
        raise Conflict("This mail was stopped; nothing more is sent with it.")
    reopened = changed_rows(
        session,
        update(Chunk)
        .where(
            Chunk.edition_id == edition_id,
            Chunk.first_id <= delivery_id,
            Chunk.last_id >= delivery_id,
            Chunk.state != ChunkState.LEASED,
        )
        .values(
            uncertain=Chunk.uncertain - 1,
            state=ChunkState.QUEUED,
            not_before=None,
            done_at=None,
            fence=Chunk.fence + 1,
            give_up_at=now + DEADLINE,
        ),
    )
    if reopened != 1:
        raise Conflict("A worker is busy with this part of the letter.", hint="Try again in a minute.")
    session.execute(
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.DONE)
        .values(state=EditionState.SENDING, finished_at=None)
    )
    ring_after_commit(session, "sending.send_edition", edition_id, queue=HIGH)


def leave_uncertain(session: Session, now: datetime, delivery_id: int) -> None:
    """Decide that an uncertain delivery stays as it is: never sent again, and nobody is asked any more. The ledger
    keeps it as uncertain, because that is the truth. Raises NotFound, and Conflict as `send_again` does."""
    _decide(session, delivery_id)
    attempt = session.scalar(select(Delivery.attempt).where(Delivery.id == delivery_id))
    left = Outcome(
        delivery_id=delivery_id,
        attempt=attempt,
        state=OutcomeState.UNCERTAIN,
        at=now,
        enhanced="",
        reply=LEFT_AS_IT_IS,
        relay="",
    )
    session.add(left)
    session.flush()


def _decide(session: Session, delivery_id: int) -> int:
    """Open the next attempt of an uncertain delivery, once; its Edition. Raises NotFound and Conflict."""
    row = session.execute(
        select(Delivery.edition_id, Delivery.attempt, Outcome.state)
        .join(Outcome, (Outcome.delivery_id == Delivery.id) & (Outcome.attempt == Delivery.attempt))
        .where(Delivery.id == delivery_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such delivery with an answer.")
    edition_id, attempt, state = row
    if state is not OutcomeState.UNCERTAIN:
        raise Conflict(f"It is {state.value}, not uncertain.")
    opened = changed_rows(
        session,
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.attempt == attempt)
        .values(attempt=attempt + 1)
        .execution_options(synchronize_session=False),
    )
    if opened != 1:
        raise Conflict("Somebody else has just decided.", hint="Load the page again.")
    return int(edition_id)


def note_trouble(session: Session, edition_id: int, why: str) -> None:
    """Why sending waits by itself; it goes on by itself too, once that is mended."""
    session.execute(update(Edition).where(Edition.id == edition_id).values(trouble=why))
