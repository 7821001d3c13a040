"""Leases whose owner is gone: what the journal knows is written down, what it cannot know is uncertain, the rest is
queued again (promise 2)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, literal, select, update
from sqlalchemy.orm import Session

from app.delivery.journal import Mark, Recovered, drop_journal, read_journal
from app.delivery.leasing import finish_lease
from app.delivery.models import Chunk, ChunkState, Delivery, Outcome, OutcomeState
from app.delivery.outcomes import Result, record
from app.delivery.owners import is_dead
from app.foundation.db import changed_rows, database_ms, dialect_of, unindexed

GRACE_MS = 600_000
"""How long past its expiry a lease of another machine waits for that machine to come back with its journal."""


@dataclass(frozen=True)
class Abandoned:
    """A lease to take over."""

    chunk_id: int
    edition_id: int
    fence: int
    owner: str


def find_abandoned(session: Session) -> list[Abandoned]:
    """Leases whose owner is provably dead, or that ran out and were not renewed."""
    leased = session.execute(
        select(
            Chunk.id,
            Chunk.edition_id,
            Chunk.fence,
            Chunk.owner,
            (Chunk.lease_until < database_ms(dialect_of(session))).label("expired"),
        ).where(Chunk.state == ChunkState.LEASED)
    )
    return [
        Abandoned(chunk_id, edition_id, fence, owner)
        for chunk_id, edition_id, fence, owner, expired in leased
        if expired or is_dead(owner)
    ]


def recover(session: Session, now: datetime, abandoned: Abandoned, journals: Path) -> int:
    """Take one lease over and close it; how many deliveries became uncertain."""
    taken = changed_rows(
        session,
        update(Chunk)
        .where(
            Chunk.id == abandoned.chunk_id,
            Chunk.fence == abandoned.fence,
            Chunk.state == ChunkState.LEASED,
        )
        .values(fence=Chunk.fence + 1, owner="recovery"),
    )
    if taken != 1:
        return 0
    fence = abandoned.fence + 1
    results = _verdicts(session, now, abandoned, read_journal(journals, abandoned.chunk_id, abandoned.fence))
    record(session, abandoned.chunk_id, fence, results)
    finish_lease(session, now, abandoned.chunk_id, fence)
    return sum(result.state is OutcomeState.UNCERTAIN for result in results)


def forget_journal(journals: Path, abandoned: Abandoned) -> None:
    """After the recovery has been committed."""
    drop_journal(journals, abandoned.chunk_id, abandoned.fence)


def _verdicts(
    session: Session, now: datetime, abandoned: Abandoned, journal: Recovered | None
) -> list[Result]:
    chunk = session.get_one(Chunk, abandoned.chunk_id)
    answered = exists(
        select(literal(1)).where(Outcome.delivery_id == Delivery.id, Outcome.attempt == Delivery.attempt)
    )
    open_rows = session.execute(
        select(Delivery.id, Delivery.attempt).where(
            Delivery.id.between(chunk.first_id, chunk.last_id),
            unindexed(Delivery.edition_id) == chunk.edition_id,
            Delivery.exclusion.is_(None),
            ~answered,
        )
    )
    results = []
    for delivery_id, attempt in open_rows:
        mark = Mark.IN_FLIGHT if journal is None else journal.marks.get(delivery_id, Mark.UNTOUCHED)
        if mark is Mark.ACCEPTED:
            reply = "the relay accepted it; written down from the journal"
            results.append(Result(delivery_id, attempt, OutcomeState.ACCEPTED, now, code=250, reply=reply))
        elif mark is Mark.IN_FLIGHT:
            reply = "the process ended before the relay's answer was read"
            results.append(Result(delivery_id, attempt, OutcomeState.UNCERTAIN, now, reply=reply))
    return results
