"""Leases whose owner is gone: what the journal knows is written down, what it cannot know is uncertain, the rest is
queued again (promise 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import exists, literal, select, update
from sqlalchemy.orm import Session

from app.delivery.journal import Mark, Recovered, drop_journal, read_journal
from app.delivery.leasing import finish_lease
from app.delivery.models import Chunk, ChunkState, Delivery, Outcome, OutcomeState
from app.delivery.outcomes import LEASE_SECONDS, Result, record
from app.delivery.owners import boottime, is_dead, is_here
from app.foundation.db import changed_rows, database_ms, dialect_of, unindexed

GRACE_SECONDS: Final = 600.0
"""How much longer a lease of another machine is left alone: that machine has its journal and may come back."""


class Watch:
    """Leases seen to run out. The database's clock may be set, so a lease is over only when it has also stood still
    for its whole length by this process's own count of seconds (F17)."""

    def __init__(self, lease_seconds: float = LEASE_SECONDS, seconds: Callable[[], float] = boottime) -> None:
        self._lease_seconds = lease_seconds
        self._seconds = seconds
        self._seen: dict[tuple[int, int], tuple[int, float]] = {}

    def stood_still(self, chunk_id: int, fence: int, lease_until: int, owner: str) -> bool:
        """True once this lease has not been renewed for long enough."""
        now = self._seconds()
        known = self._seen.get((chunk_id, fence))
        if known is None or known[0] != lease_until:
            self._seen[chunk_id, fence] = (lease_until, now)
            return False
        patience = self._lease_seconds if is_here(owner) else self._lease_seconds + GRACE_SECONDS
        return now - known[1] >= patience

    def forget_all_but(self, leases: set[tuple[int, int]]) -> None:
        self._seen = {lease: seen for lease, seen in self._seen.items() if lease in leases}


@dataclass(frozen=True)
class Abandoned:
    """A lease to take over."""

    chunk_id: int
    edition_id: int
    fence: int
    owner: str


def find_abandoned(session: Session, watch: Watch | None = None) -> list[Abandoned]:
    """Leases whose owner is provably dead, or that `watch` has seen run out and stand still."""
    leased = session.execute(
        select(Chunk.id, Chunk.edition_id, Chunk.fence, Chunk.owner, Chunk.lease_until).where(
            Chunk.state == ChunkState.LEASED
        )
    ).all()
    present = session.scalar(select(database_ms(dialect_of(session)))) or 0
    if watch is not None:
        watch.forget_all_but({(chunk_id, fence) for chunk_id, _, fence, *_ in leased})
    found = []
    for chunk_id, edition_id, fence, owner, until in leased:
        still = watch is not None and watch.stood_still(chunk_id, fence, until or 0, owner)
        if is_dead(owner) or (still and (until or 0) < present):
            found.append(Abandoned(chunk_id, edition_id, fence, owner))
    return found


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
    journal = read_journal(journals, abandoned.chunk_id, abandoned.fence, owner=abandoned.owner)
    results = _verdicts(session, now, abandoned, journal)
    record(session, abandoned.chunk_id, fence, results)
    finish_lease(session, now, abandoned.chunk_id, fence)
    return sum(result.state is OutcomeState.UNCERTAIN for result in results)


def forget_journal(journals: Path, abandoned: Abandoned) -> None:
    """After the recovery has been committed."""
    drop_journal(journals, abandoned.chunk_id, abandoned.fence, owner=abandoned.owner)


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
