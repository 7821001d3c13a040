"""Writing down what became of each attempt, in bulk and only while the lease is ours."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.delivery.models import Chunk, ChunkState, Outcome, OutcomeState
from app.foundation.db import changed_rows, database_ms
from app.foundation.errors import Conflict

LEASE_MS: Final = 60_000


class LeaseLost(Conflict):
    """Somebody else has taken the chunk over; nothing was written."""


@dataclass(frozen=True, slots=True)
class Result:
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


def record(session: Session, chunk_id: int, fence: int, results: Sequence[Result]) -> None:
    """Append outcomes and count them on the chunk; also renews the lease.

    Raises LeaseLost, with nothing written, when the fence is not the chunk's any more.
    """
    tally = Counter(result.state.value for result in results)
    held = changed_rows(
        session,
        update(Chunk)
        .where(Chunk.id == chunk_id, Chunk.fence == fence, Chunk.state == ChunkState.LEASED)
        .values(
            lease_until=database_ms(session) + LEASE_MS,
            **{name: getattr(Chunk, name) + number for name, number in tally.items()},
        ),
    )
    if held != 1:
        raise LeaseLost("The lease on this part of the ledger has passed to somebody else.")
    if results:
        session.execute(insert(Outcome), [_row(result) for result in results])


def _row(result: Result) -> dict[str, Any]:
    return {
        "delivery_id": result.delivery_id,
        "attempt": result.attempt,
        "state": result.state,
        "at": result.at,
        "code": result.code,
        "enhanced": result.enhanced,
        "reply": result.reply,
        "relay": result.relay,
        "retry_at": result.retry_at,
    }
