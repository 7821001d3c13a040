"""What of sending is due, found in SQL: the queue may have lost every ring."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.delivery.models import Chunk, ChunkState, Edition, EditionClass, EditionState


@dataclass(frozen=True)
class DueEdition:
    """An Edition with chunks that somebody should lease now."""

    edition_id: int
    edition_class: EditionClass
    chunks: int


def due_editions(session: Session, now: datetime) -> list[DueEdition]:
    """Everything that can be sent now, mail that somebody waits for first."""
    rows = session.execute(
        select(Edition.id, Edition.edition_class, func.count())
        .join(Chunk, Chunk.edition_id == Edition.id)
        .where(
            Chunk.state == ChunkState.QUEUED,
            or_(Chunk.not_before.is_(None), Chunk.not_before <= now),
            Edition.state.in_((EditionState.OPEN, EditionState.SENDING)),
        )
        .group_by(Edition.id, Edition.edition_class)
        .order_by(Edition.id)
    )
    found = [DueEdition(*row) for row in rows]
    return sorted(found, key=lambda due: due.edition_class is EditionClass.BULK)


def due_chunks(session: Session, now: datetime, edition_id: int) -> int:
    """How many chunks of one Edition could be leased now."""
    waiting = select(func.count()).where(
        Chunk.edition_id == edition_id,
        Chunk.state == ChunkState.QUEUED,
        or_(Chunk.not_before.is_(None), Chunk.not_before <= now),
    )
    return session.scalar(waiting) or 0


def stopped_with_rest(session: Session) -> list[int]:
    """Stopped Editions of which a worker has given back what it held when they were stopped."""
    return list(
        session.scalars(
            select(Edition.id)
            .join(Chunk, Chunk.edition_id == Edition.id)
            .where(Chunk.state == ChunkState.QUEUED, Edition.state == EditionState.STOPPED)
            .distinct()
        )
    )


def through(session: Session) -> list[int]:
    """Editions that are being sent although every chunk is done: whoever closed the last one did not see that."""
    chunks = select(Chunk.id).where(Chunk.edition_id == Edition.id)
    left = chunks.where(Chunk.state.in_((ChunkState.QUEUED, ChunkState.LEASED)))
    return list(
        session.scalars(
            select(Edition.id).where(
                Edition.state == EditionState.SENDING,
                Edition.opened_at.is_not(None),
                chunks.exists(),
                ~left.exists(),
            )
        )
    )
