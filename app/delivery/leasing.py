"""Leasing a chunk: one owner at a time, consent looked at again, and a fence against owners who come back late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, exists, func, literal, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.delivery.composing import Reader
from app.delivery.eligibility import correspondent_exclusion, exclusion_of
from app.delivery.models import (
    Chunk,
    ChunkState,
    Correspondent,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    Exclusion,
    Outcome,
    OutcomeState,
    RecipientKind,
)
from app.delivery.outcomes import LEASE_MS, Result, record
from app.foundation.db import changed_rows, database_ms
from app.subscribers.models import Subscriber


@dataclass(frozen=True)
class Lease:
    """One chunk that is ours until `fence` is overtaken, and the readers to send to now."""

    chunk_id: int
    edition_id: int
    fence: int
    give_up_at: datetime
    readers: tuple[Reader, ...]


def lease_chunk(session: Session, now: datetime, *, edition_id: int, owner: str) -> Lease | None:
    """Take the next chunk of an Edition that is due; None when there is none or the Edition is not to be sent.

    Whoever left, was suppressed or was erased by now gets an `excluded` outcome instead of a mail.
    """
    chunk = _claim(session, now, edition_id, owner)
    if chunk is None:
        return None
    edition = session.get_one(Edition, edition_id)
    if chunk.deferred:
        _open_retries(session, now, chunk)
    readers, excluded = _recipients(session, edition, chunk)
    if excluded:
        record(session, chunk.id, chunk.fence, [_excluded(number, why, now) for number, why in excluded])
    return Lease(chunk.id, edition_id, chunk.fence, chunk.give_up_at, tuple(readers))


def finish_lease(
    session: Session, now: datetime, chunk_id: int, fence: int, *, not_before: datetime | None = None
) -> None:
    """Give a chunk back: done when everybody has a final outcome, otherwise queued for its retries or its rest.

    `not_before` holds back readers that were never tried, e.g. while the relay is away. A stale fence changes nothing.
    """
    chunk = session.execute(
        select(Chunk).where(Chunk.id == chunk_id).execution_options(populate_existing=True)
    ).scalar_one()
    final = chunk.accepted + chunk.failed + chunk.uncertain + chunk.excluded
    untried = chunk.size - final - chunk.deferred
    done = final == chunk.size
    due = not_before
    if chunk.deferred and not (untried and due is None):
        retry = session.scalar(select(func.min(Outcome.retry_at)).where(*_deferred_of(chunk)))
        due = min(filter(None, (due if untried else None, retry)), default=due)
    session.execute(
        update(Chunk)
        .where(Chunk.id == chunk_id, Chunk.fence == fence, Chunk.state == ChunkState.LEASED)
        .values(
            state=ChunkState.DONE if done else ChunkState.QUEUED,
            not_before=None if done else due,
            owner="",
            lease_until=None,
            done_at=now if done else None,
        )
    )
    if done:
        finish_edition(session, now, chunk.edition_id)


def give_back_unknown(session: Session, owner: str, known: set[int]) -> None:
    """Chunks leased in our name in a transaction whose commit we never heard of: nothing was done with them."""
    session.execute(
        update(Chunk)
        .where(Chunk.owner == owner, Chunk.state == ChunkState.LEASED, Chunk.id.not_in(known))
        .values(state=ChunkState.QUEUED, owner="", lease_until=None)
    )


def finish_edition(session: Session, now: datetime, edition_id: int) -> None:
    """A bulk Edition is done when its last chunk is."""
    still_open = exists(
        select(literal(1)).where(Chunk.edition_id == edition_id, Chunk.state != ChunkState.DONE)
    )
    session.execute(
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.SENDING, ~still_open)
        .values(state=EditionState.DONE, finished_at=now, trouble="")
    )


def _claim(session: Session, now: datetime, edition_id: int, owner: str) -> Chunk | None:
    due = (
        select(Chunk.id)
        .join(Edition, Edition.id == Chunk.edition_id)
        .where(
            Chunk.edition_id == edition_id,
            Chunk.state == ChunkState.QUEUED,
            or_(Chunk.not_before.is_(None), Chunk.not_before <= now),
            Edition.state.in_((EditionState.OPEN, EditionState.SENDING)),
        )
        .order_by(Chunk.first_id)
        .limit(1)
        .with_for_update(of=Chunk, skip_locked=True)
    )
    chunk_id = session.scalar(due)
    if chunk_id is None:
        return None
    claimed = changed_rows(
        session,
        update(Chunk)
        .where(Chunk.id == chunk_id, Chunk.state == ChunkState.QUEUED)
        .values(
            state=ChunkState.LEASED,
            owner=owner,
            fence=Chunk.fence + 1,
            lease_until=database_ms(session) + LEASE_MS,
            leased_at=now,
        ),
    )
    if claimed != 1:
        return None
    return session.execute(
        select(Chunk).where(Chunk.id == chunk_id).execution_options(populate_existing=True)
    ).scalar_one()


def _deferred_of(chunk: Chunk) -> tuple[ColumnElement[bool], ...]:
    """Outcomes that are the current, deferred ones of the chunk's deliveries."""
    return (
        Outcome.delivery_id.between(chunk.first_id, chunk.last_id),
        Outcome.state == OutcomeState.DEFERRED,
        exists(
            select(literal(1)).where(
                Delivery.id == Outcome.delivery_id,
                Delivery.edition_id == chunk.edition_id,
                Delivery.attempt == Outcome.attempt,
            )
        ),
    )


def _open_retries(session: Session, now: datetime, chunk: Chunk) -> None:
    """The next attempt of everybody whose back-off is over; the outcome of the last one stays as history."""
    ripe = select(Outcome.delivery_id).where(*_deferred_of(chunk), Outcome.retry_at <= now)
    opened = changed_rows(
        session,
        update(Delivery)
        .where(Delivery.id.in_(ripe))
        .values(attempt=Delivery.attempt + 1)
        .execution_options(synchronize_session=False),
    )
    session.execute(update(Chunk).where(Chunk.id == chunk.id).values(deferred=Chunk.deferred - opened))


def read_readers(session: Session, edition: Edition, first_id: int, last_id: int) -> list[Reader]:
    """Readers of a range of deliveries as a lease would give them, without a lease: for checking beforehand."""
    rows = _candidates(session, edition, first_id, last_id, anew=True)
    return [_reader(row) for row in rows if row[4] is not None]


def _recipients(
    session: Session, edition: Edition, chunk: Chunk
) -> tuple[list[Reader], list[tuple[tuple[int, int], Exclusion]]]:
    """Readers to send to, and those to exclude now as ((delivery, attempt), reason)."""
    readers: list[Reader] = []
    excluded: list[tuple[tuple[int, int], Exclusion]] = []
    for row in _candidates(session, edition, chunk.first_id, chunk.last_id, anew=chunk.fence == 1):
        if row[4] is None:
            excluded.append(((row[0], row[1]), Exclusion.ERASED))
        elif row[9] is not None:
            excluded.append(((row[0], row[1]), Exclusion(row[9])))
        else:
            readers.append(_reader(row))
    return readers, excluded


def _reader(row: Any) -> Reader:
    delivery_id, attempt, kind, recipient_id, address, name, function, slots, queued_at, _why = row
    return Reader(delivery_id, attempt, kind, recipient_id, address, name or "", function, slots, queued_at)


def _candidates(session: Session, edition: Edition, first_id: int, last_id: int, *, anew: bool) -> list[Any]:
    """One row per delivery of the range without an outcome for its current attempt, in order.

    `anew`: nothing was ever tried there, so there is nothing to look for.
    """

    def rows(table: type[Any], kind: RecipientKind, topic_id: int | None) -> Any:
        statement = _select(table, kind, edition.edition_class, topic_id).where(
            Delivery.id.between(first_id, last_id),
            Delivery.edition_id == edition.id,
            Delivery.exclusion.is_(None),
        )
        return session.execute(statement if anew else statement.where(~_ANSWERED))

    found: list[Any] = list(rows(Subscriber, RecipientKind.SUBSCRIBER, edition.topic_id))
    if edition.edition_class is not EditionClass.BULK:
        found += rows(Author, RecipientKind.AUTHOR, None)
        found += rows(Correspondent, RecipientKind.CORRESPONDENT, None)
    return found


_ANSWERED = exists(
    select(literal(1)).where(Outcome.delivery_id == Delivery.id, Outcome.attempt == Delivery.attempt)
)


def _select(table: type[Any], kind: RecipientKind, edition_class: EditionClass, topic_id: int | None) -> Any:
    """Columns as plain strings where they are enumerations: half a million conversions would be for nothing."""
    address = table.email if table is Author else table.address
    name: Any = literal("")
    function: Any = literal(None)
    why: Any = literal(None)
    if table is Subscriber:
        name, function = table.first_name, type_coerce(table.function, String)
        why = type_coerce(exclusion_of(edition_class, topic_id), String)
    elif table is Correspondent:
        why = type_coerce(correspondent_exclusion(edition_class), String)
    bulk = edition_class is EditionClass.BULK
    return (
        select(
            Delivery.id,
            Delivery.attempt,
            literal(kind.value, String),
            Delivery.recipient_id,
            address,
            name,
            function,
            Delivery.slots,
            literal(None) if bulk else Delivery.queued_at,
            why,
        )
        .outerjoin(table, table.id == Delivery.recipient_id)
        .where(Delivery.recipient_kind == kind)
        .order_by(Delivery.id)
    )


def _excluded(delivery: tuple[int, int], why: Exclusion, now: datetime) -> Result:
    return Result(delivery[0], delivery[1], OutcomeState.EXCLUDED, now, reply=why.value)
