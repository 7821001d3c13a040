"""Writing down what became of each attempt, in bulk and only while the lease is ours.

COPY on PostgreSQL and one prepared statement on SQLite: an INSERT per row through the ORM would cost more than
sending the message.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.delivery.models import Chunk, ChunkState, Outcome, OutcomeState
from app.foundation.db import database_ms, table_of
from app.foundation.errors import Conflict
from app.foundation.straight import Straight, driver_of, told

LEASE_SECONDS: Final = 60.0

_COLUMNS: Final = "delivery_id, attempt, state, at, code, enhanced, reply, relay, retry_at"
_COPY: Final = f"COPY outcome ({_COLUMNS}) FROM STDIN"
_ROW: Final = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT: Final = f"INSERT INTO outcome ({_COLUMNS}) VALUES {_ROW}"  # noqa: S608  (constants)
AT_ONCE: Final = 50
_INSERT_MANY: Final = _INSERT + f", {_ROW}" * (AT_ONCE - 1)
"""Python's sqlite3 lets go of the interpreter for each row of executemany, and sending takes it each time."""
_C: Final = table_of(Chunk).c
_STATE: Final = itemgetter(2)
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


class LeaseLost(Conflict):
    """Somebody else has taken the chunk over; nothing was written."""


class Result(NamedTuple):
    """What became of one attempt, on its way to the outcome table."""

    delivery_id: int
    attempt: int
    state: OutcomeState
    at: datetime
    code: int | None = None
    enhanced: str = ""
    reply: str = ""
    relay: str = ""
    retry_at: datetime | None = None


def record(
    session: Session,
    chunk_id: int,
    fence: int,
    results: Sequence[Result],
    *,
    lease_seconds: float = LEASE_SECONDS,
) -> None:
    """Append outcomes and count them on the chunk; also renews the lease.

    Raises LeaseLost, with nothing written, when the fence is not the chunk's any more.
    """
    connection = session.connection()
    tally = tally_of(results)
    given = {
        "p_chunk": chunk_id,
        "p_fence": fence,
        "p_lease": int(lease_seconds * 1000),
        **{f"p_{state._value_}": tally.get(state, 0) for state in OutcomeState},
    }
    if driver_of(connection).change(_renew(connection.dialect.name), **given) != 1:
        raise LeaseLost("The lease on this part of the ledger has passed to somebody else.")
    if results:
        _append(session, results)


def tally_of(results: Sequence[Result]) -> dict[OutcomeState, int]:
    """How many ended in each state. A member of an enumeration hashes itself in Python, so that a Counter is slow."""
    states = list(map(_STATE, results))
    counted = {state: states.count(state) for state in OutcomeState}
    return {state: number for state, number in counted.items() if number}


def unrecorded(session: Session, results: Sequence[Result]) -> list[Result]:
    """Those that are not written yet: after a commit whose acknowledgement was lost, that is the question (F21)."""
    ids = [result.delivery_id for result in results]
    known = {
        tuple(row)
        for row in session.execute(
            select(Outcome.delivery_id, Outcome.attempt).where(Outcome.delivery_id.in_(ids))
        )
    }
    return [result for result in results if (result.delivery_id, result.attempt) not in known]


@lru_cache
def _renew(dialect: str) -> Straight:
    return Straight(
        update(table_of(Chunk))
        .where(_C.id == bindparam("p_chunk"), _C.fence == bindparam("p_fence"), _C.state == ChunkState.LEASED)
        .values(
            lease_until=database_ms(dialect) + bindparam("p_lease"),
            **{state.value: _C[state.value] + bindparam(f"p_{state.value}") for state in OutcomeState},
        )
    )


def _append(session: Session, results: Sequence[Result]) -> None:
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        rows = list(_sqlite_rows(results))
        whole = len(rows) - len(rows) % AT_ONCE
        for at in range(0, whole, AT_ONCE):
            connection.exec_driver_sql(_INSERT_MANY, tuple(chain.from_iterable(rows[at : at + AT_ONCE])))
        if rows[whole:]:
            connection.exec_driver_sql(_INSERT, rows[whole:])
        return
    raw = connection.connection.driver_connection
    if raw is None:
        raise RuntimeError("the connection has gone back to its pool")
    with told(connection.dialect, _COPY), raw.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write("".join(_copy_lines(results)))


def _sqlite_rows(results: Sequence[Result]) -> Iterable[tuple[object, ...]]:
    last: datetime | None = None
    shown = ""
    for delivery_id, attempt, state, at, code, enhanced, reply, relay, retry_at in results:
        if at is not last:
            last, shown = at, _naive(at)
        retry = _naive(retry_at) if retry_at else None
        yield delivery_id, attempt, state._value_, shown, code, enhanced, reply, relay, retry


def _naive(instant: datetime) -> str:
    """As SQLAlchemy stores a UtcDateTime in SQLite."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _copy_lines(results: Sequence[Result]) -> Iterable[str]:
    """PostgreSQL's text format of COPY."""
    last: datetime | None = None
    shown = ""
    for delivery_id, attempt, state, at, code, enhanced, reply, relay, retry_at in results:
        if at is not last:
            last, shown = at, at.isoformat()
        retry = retry_at.isoformat() if retry_at else "\\N"
        said = reply if reply.isprintable() and "\\" not in reply else reply.translate(_ESCAPES)
        yield (
            f"{delivery_id}\t{attempt}\t{state._value_}\t{shown}\t{code if code is not None else _NULL}\t"
            f"{enhanced}\t{said}\t{relay}\t{retry}\n"
        )


_NULL: Final = "\\N"
