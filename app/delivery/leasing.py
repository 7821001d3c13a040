"""Leasing a chunk: one owner at a time, consent looked at again, and a fence against owners who come back late.

The statements are built once: putting one together costs SQLAlchemy more than the database needs to run it.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from app.delivery.composing import Reader
from app.delivery.installation import not_live
from app.delivery.models import (
    Chunk,
    ChunkState,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    Exclusion,
    Outcome,
    OutcomeState,
)
from app.delivery.outcomes import LEASE_SECONDS, Result, record
from app.delivery.readers import candidates
from app.foundation.db import database_ms, table_of
from app.foundation.straight import Straight, driver_of

_C = table_of(Chunk).c
_E = table_of(Edition).c
_D = table_of(Delivery).c
_O = table_of(Outcome).c

RUNNING = (EditionState.OPEN, EditionState.SENDING)


class Claimed(NamedTuple):
    """A chunk that was just taken."""

    id: int
    edition_id: int
    first_id: int
    last_id: int
    fence: int
    deferred: int
    give_up_at: datetime


class Counted(NamedTuple):
    """What a chunk has come to."""

    edition_id: int
    first_id: int
    last_id: int
    size: int
    accepted: int
    failed: int
    uncertain: int
    excluded: int
    deferred: int


@dataclass(frozen=True)
class Lease:
    """One chunk that is ours until `fence` is overtaken, and the readers to send to now."""

    chunk_id: int
    edition_id: int
    fence: int
    give_up_at: datetime
    readers: tuple[Reader, ...]


def lease_chunk(
    session: Session,
    now: datetime,
    *,
    edition_id: int,
    owner: str,
    lease_seconds: float = LEASE_SECONDS,
    fair: bool = False,
) -> Lease | None:
    """Take the next chunk of an Edition that is due; None when there is none or the Edition is not to be sent.

    `fair`: the one that was leased least, so that chunks full of readers who must wait do not keep others from theirs.
    Whoever left, was suppressed or was erased by now gets an `excluded` outcome instead of a mail.
    """
    connection = session.connection()
    given = {"p_edition": edition_id, "p_now": now, "p_owner": owner, "p_leased": now}
    given["p_lease"] = int(lease_seconds * 1000)
    driver = driver_of(connection)
    row = driver.row(_claim(connection.dialect.name, fair), **given)
    if row is None:
        return None
    chunk = Claimed(*row)
    edition_class, topic_id = driver.one(_SCOPE, p_edition=edition_id)
    if chunk.deferred:
        _open_retries(session, now, chunk)
    readers, excluded = _recipients(session, edition_class, topic_id, chunk)
    if excluded:
        record(session, chunk.id, chunk.fence, [_excluded(number, why, now) for number, why in excluded])
    return Lease(chunk.id, edition_id, chunk.fence, chunk.give_up_at, tuple(readers))


def finish_lease(
    session: Session, now: datetime, chunk_id: int, fence: int, *, not_before: datetime | None = None
) -> None:
    """Give a chunk back: done when everybody has a final outcome, otherwise queued for its retries or its rest.

    `not_before` holds back readers that were never tried, e.g. while the relay is away. A stale fence changes nothing.
    """
    connection = session.connection()
    driver = driver_of(connection)
    chunk = Counted(*driver.one(_LOOK, p_chunk=chunk_id))
    final = chunk.accepted + chunk.failed + chunk.uncertain + chunk.excluded
    untried = chunk.size - final - chunk.deferred
    done = final == chunk.size
    due = not_before if untried else None
    if chunk.deferred and not (untried and due is None):
        retry = connection.execute(_FIRST_RETRY, _range(chunk)).scalar()
        due = min(filter(None, (due, retry)), default=None)
    given = {
        "p_chunk": chunk_id,
        "p_fence": fence,
        "p_state": ChunkState.DONE if done else ChunkState.QUEUED,
        "p_not_before": None if done else due,
        "p_done_at": now if done else None,
    }
    driver.change(_GIVE_BACK, **given)
    if done:
        finish_edition(session, now, chunk.edition_id)


def finish_edition(session: Session, now: datetime, edition_id: int) -> None:
    """A bulk Edition is done when its last chunk is.

    Whoever closes one of the last waits for whoever is closing another: each would see the other's as still open.
    """
    connection = session.connection()
    given = {"p_edition": edition_id}
    if driver_of(connection).row(_WAITING, p_edition=edition_id) is None:
        connection.execute(_ONE_AT_A_TIME, given)
        connection.execute(_FINISH, {**given, "p_at": now})


def give_back_unknown(session: Session, owner: str, known: set[tuple[int, int]]) -> None:
    """Leases in our name, other than the `known` (chunk, fence), from a transaction whose commit we never heard of:
    nothing was done with them. A chunk may be among both, given back and leased anew in that transaction."""
    ours = (Chunk.owner == owner, Chunk.state == ChunkState.LEASED)
    leases = session.execute(select(Chunk.id, Chunk.fence).where(*ours))
    unknown = [chunk_id for chunk_id, fence in leases if (chunk_id, fence) not in known]
    if unknown:
        given_back = {"state": ChunkState.QUEUED, "owner": "", "lease_until": None}
        session.execute(update(Chunk).where(*ours, Chunk.id.in_(unknown)).values(given_back))


@lru_cache
def _claim(dialect: str, fair: bool) -> Straight:
    """One statement finds the next due chunk and takes it; on PostgreSQL it passes by those others are taking."""
    due = (
        select(_C.id)
        .join(table_of(Edition), _E.id == _C.edition_id)
        .where(
            _C.edition_id == bindparam("p_edition"),
            _C.state == ChunkState.QUEUED,
            or_(_C.not_before.is_(None), _C.not_before <= bindparam("p_now", type_=_C.not_before.type)),
            or_(*(_E.state == state for state in RUNNING)),
            ~not_live(),
        )
        .order_by(*((_C.fence,) if fair else ()), _C.first_id)
        .limit(1)
        .with_for_update(of=table_of(Chunk), skip_locked=True)
    )
    return Straight(
        update(table_of(Chunk))
        .where(_C.id == due.scalar_subquery(), _C.state == ChunkState.QUEUED)
        .values(
            state=ChunkState.LEASED,
            owner=bindparam("p_owner"),
            fence=_C.fence + 1,
            lease_until=database_ms(dialect) + bindparam("p_lease"),
            leased_at=bindparam("p_leased", type_=_C.leased_at.type),
        )
        .returning(*(_C[name] for name in Claimed._fields))
    )


_SCOPE = Straight(select(_E.edition_class, _E.topic_id).where(_E.id == bindparam("p_edition")))

_LOOK = Straight(select(*(_C[name] for name in Counted._fields)).where(_C.id == bindparam("p_chunk")))

_GIVE_BACK = Straight(
    update(table_of(Chunk))
    .where(_C.id == bindparam("p_chunk"), _C.fence == bindparam("p_fence"), _C.state == ChunkState.LEASED)
    .values(
        state=bindparam("p_state", type_=_C.state.type),
        not_before=bindparam("p_not_before", type_=_C.not_before.type),
        owner="",
        lease_until=None,
        done_at=bindparam("p_done_at", type_=_C.done_at.type),
    )
)

_WAITING = Straight(
    select(_C.id).where(_C.edition_id == bindparam("p_edition"), _C.state == ChunkState.QUEUED).limit(1)
)

_ONE_AT_A_TIME = select(_E.id).where(_E.id == bindparam("p_edition")).with_for_update(key_share=True)

_FINISH = (
    update(table_of(Edition))
    .where(
        _E.id == bindparam("p_edition"),
        _E.state == EditionState.SENDING,
        ~exists(
            select(literal(1)).where(
                _C.edition_id == bindparam("p_edition"), _C.state.in_((ChunkState.QUEUED, ChunkState.LEASED))
            )
        ),
    )
    .values(state=EditionState.DONE, finished_at=bindparam("p_at", type_=_E.finished_at.type), trouble="")
)

_DEFERRED = (
    _O.delivery_id.between(bindparam("p_first"), bindparam("p_last")),
    _O.state == OutcomeState.DEFERRED,
    exists(
        select(literal(1)).where(
            _D.id == _O.delivery_id, _D.edition_id == bindparam("p_edition"), _D.attempt == _O.attempt
        )
    ),
)
"""Outcomes that are the current, deferred ones of a range of deliveries."""

_FIRST_RETRY = select(func.min(_O.retry_at)).where(*_DEFERRED)

_OPEN_RETRIES = (
    update(table_of(Delivery))
    .where(
        _D.id.in_(
            select(_O.delivery_id).where(
                *_DEFERRED, _O.retry_at <= bindparam("p_now", type_=_O.retry_at.type)
            )
        )
    )
    .values(attempt=_D.attempt + 1)
)

_OPENED = (
    update(table_of(Chunk))
    .where(_C.id == bindparam("p_chunk"))
    .values(deferred=_C.deferred - bindparam("p_opened"))
)


def _range(chunk: Any) -> dict[str, Any]:
    return {"p_first": chunk.first_id, "p_last": chunk.last_id, "p_edition": chunk.edition_id}


def _open_retries(session: Session, now: datetime, chunk: Any) -> None:
    """The next attempt of everybody whose back-off is over; the outcome of the last one stays as history."""
    connection = session.connection()
    opened = connection.execute(_OPEN_RETRIES, {**_range(chunk), "p_now": now}).rowcount
    connection.execute(_OPENED, {"p_chunk": chunk.id, "p_opened": opened})


def _recipients(
    session: Session, edition_class: EditionClass, topic_id: int | None, chunk: Any
) -> tuple[list[Reader], list[tuple[tuple[int, int], Exclusion]]]:
    """Readers to send to, and those to exclude now as ((delivery, attempt), reason)."""
    readers: list[Reader] = []
    excluded: list[tuple[tuple[int, int], Exclusion]] = []
    for row in candidates(session, edition_class, topic_id, chunk, anew=chunk.fence == 1):
        why = row[-1]
        if why is None and row[4] is not None:
            readers.append(Reader(*row[:-1]))
        else:
            excluded.append(((row[0], row[1]), Exclusion(why or Exclusion.ERASED)))
    return readers, excluded


def _excluded(delivery: tuple[int, int], why: Exclusion, now: datetime) -> Result:
    return Result(delivery[0], delivery[1], OutcomeState.EXCLUDED, now, reply=why.value)
