"""Transactions that fail, or whose commit is never acknowledged, leave no lease without its owner or its journal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from unittest.mock import Mock

import pytest
from psycopg.errors import DiskFull
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.delivery import outcomes
from app.delivery.desk import Desk, Held, Turn
from app.delivery.journal import read_journal
from app.delivery.models import Chunk, ChunkState, Outcome, OutcomeState
from app.delivery.office import Office
from app.delivery.outcomes import Result
from app.foundation.db import Database
from tests.delivery.conftest import open_letter
from tests.fixtures.clock import FrozenClock

BROKEN = OperationalError("COMMIT", None, Exception("the connection was lost"))


@dataclass(frozen=True)
class Shaky(Database):
    """Loses the connection at its next commits: True after the server has committed, False before."""

    losses: list[bool] = field(default_factory=list)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        committed = self.losses.pop() if self.losses else None
        with super().writing() as session:
            yield session
            if committed is False:
                raise BROKEN
        if committed:
            raise BROKEN


@pytest.fixture
def shaky(database: Database) -> Shaky:
    return Shaky(database.engine, database.write, database.read, database.pen, database.together)


@pytest.fixture
def another(office: Office, shaky: Shaky, clock: FrozenClock) -> Callable[[], Desk]:
    """Desks of workers that send one letter in two chunks."""
    edition_id = open_letter(shaky, clock, readers=520)
    composer = Mock()
    composer.prepare.return_value = []
    return lambda: Desk(replace(office, database=shaky), edition_id, composer)


def lease(desk: Desk, turn: Turn | None = None, *, meanwhile: Callable[[], None] = lambda: None) -> Held:
    """`meanwhile`: what happens between two tries."""
    held = desk.work(turn or Turn(want=True), sleep=lambda _seconds: meanwhile()).leased
    assert held is not None
    return held


def name_of(held: Held) -> tuple[int, int]:
    return held.lease.chunk_id, held.lease.fence


def leased(office: Office, database: Database) -> list[tuple[int, int]]:
    """Every lease there is; each must have its owner's journal."""
    leases = select(Chunk.id, Chunk.fence, Chunk.owner).where(Chunk.state == ChunkState.LEASED)
    with database.reading() as session:
        found = session.execute(leases.order_by(Chunk.id)).all()
    for chunk_id, fence, owner in found:
        assert read_journal(office.journals, chunk_id, fence, owner=owner) is not None
    return [(chunk_id, fence) for chunk_id, fence, _ in found]


def test_the_journal_of_a_lease_that_another_got_after_a_rollback_stays(
    office: Office, shaky: Shaky, another: Callable[[], Desk]
) -> None:
    shaky.losses.append(False)
    theirs: list[Held] = []
    ours = lease(another(), meanwhile=lambda: theirs.append(lease(another())))
    assert leased(office, shaky) == [name_of(theirs[0]), name_of(ours)] == [(1, 1), (2, 1)]


def test_a_chunk_given_back_and_leased_anew_in_a_commit_never_heard_of_is_not_forgotten(
    office: Office, shaky: Shaky, another: Callable[[], Desk]
) -> None:
    desk = another()
    old = lease(desk)
    shaky.losses.append(True)
    new = lease(desk, Turn(batches=[(old, [])], finished=[old], want=True))
    assert leased(office, shaky) == [name_of(new)] == [(1, 3)]


def test_a_lease_in_hand_is_not_given_back_because_an_older_one_of_its_chunk_was_lost(
    office: Office, shaky: Shaky, another: Callable[[], Desk]
) -> None:
    """Given back while its letters are under way, they would be sent again by whoever leases it next."""
    desk = another()
    old = lease(desk)
    with shaky.writing() as session:  # our lease ran out while we slept, and recovery gave the chunk back
        session.execute(update(Chunk).values(state=ChunkState.QUEUED, owner="", fence=Chunk.fence + 1))
    new = lease(desk, Turn(batches=[(old, [])], want=True))
    assert old.lost
    assert not new.lost
    desk.work(Turn(batches=[(old, []), (new, [])], finished=[old]))
    shaky.losses.append(False)
    desk.work(Turn(batches=[(new, [])]), sleep=lambda _seconds: None)
    assert leased(office, shaky) == [name_of(new)] == [(1, 3)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_refuses_outcomes_for_a_moment_is_asked_again(
    shaky: Shaky, another: Callable[[], Desk], clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = another()
    held = lease(desk)
    whole, refusals = outcomes._copy_lines, [DiskFull("could not extend file: No space left on device")]

    def refused(results: Sequence[Result]) -> Iterable[str]:
        if refusals:
            raise refusals.pop()
        return whole(results)

    monkeypatch.setattr(outcomes, "_copy_lines", refused)
    reader = held.lease.readers[0]
    accepted = Result(reader.delivery_id, reader.attempt, OutcomeState.ACCEPTED, clock())
    done = desk.work(Turn(batches=[(held, [accepted])]), sleep=lambda _seconds: None)
    assert done.error is None
    assert not held.lost
    with shaky.reading() as session:
        assert session.get(Outcome, (reader.delivery_id, reader.attempt)) is not None
