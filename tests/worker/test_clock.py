"""The clock finds in SQL whatever the queue forgot, and two clocks are one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.delivery.holds import CLOCK, CLOCK_MS, drop_hold, take_hold
from app.delivery.leasing import lease_chunk
from app.delivery.models import Chunk, ChunkState, Edition, EditionState
from app.delivery.owners import this_process
from app.foundation.db import Database
from app.foundation.jobs import BULK, Ring, SilentDoorbell
from app.wiring import Runtime
from tests.delivery.conftest import open_letter
from tests.fixtures.clock import FrozenClock
from worker.clock import Ticker, attempt, sweep, tick

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
DEAD = this_process().replace("/", "/9", 1)


def test_a_ring_that_was_lost_is_rung_again(
    runtime: Runtime, doorbell: SilentDoorbell, clock: FrozenClock, database: Database
) -> None:
    edition_id = open_letter(database, clock)
    doorbell.rings.clear()
    tick(runtime, clock())
    assert doorbell.rings == [Ring("sending.send_edition", (edition_id,), BULK)]


def test_what_a_dead_worker_held_is_rung_for(
    runtime: Runtime, doorbell: SilentDoorbell, clock: FrozenClock, database: Database
) -> None:
    edition_id = open_letter(database, clock, readers=600)
    with database.writing() as session:
        assert lease_chunk(session, clock(), edition_id=edition_id, owner=DEAD)
    doorbell.rings.clear()
    sweep(runtime, clock())
    assert doorbell.rings == [Ring("sending.send_edition", (edition_id,), BULK)]
    with database.writing() as session:
        assert lease_chunk(session, clock(), edition_id=edition_id, owner="another")


def hold_clock(session: Session, now: datetime, owner: str) -> bool:
    return take_hold(session, now, CLOCK, owner, milliseconds=CLOCK_MS)


def test_only_one_of_two_clocks_ticks(session: Session, now: datetime) -> None:
    first, second = this_process("first"), this_process("second")
    assert hold_clock(session, now, first)
    assert not hold_clock(session, now, second)
    assert hold_clock(session, now, first)
    drop_hold(session, CLOCK, first)
    assert hold_clock(session, now, second)


def test_a_dead_clock_is_followed_at_once(session: Session, now: datetime) -> None:
    assert hold_clock(session, now, DEAD)
    assert hold_clock(session, now, this_process())


def test_a_chore_that_fails_does_not_end_the_clock(
    runtime: Runtime, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_here: Runtime, _now: datetime) -> None:
        raise RuntimeError("disk")

    attempt(broken, replace(runtime), now)
    assert "broken failed" in caplog.text


def test_it_ticks_once_a_minute_and_at_every_jump() -> None:
    ticker = Ticker()

    def chores(*seconds: float) -> list[str]:
        found = (ticker.chore(NOON + timedelta(seconds=second)) for second in seconds)
        return [chore.__name__ if chore else "" for chore in found]

    assert chores(0, 1, 2) == ["tick", "", ""]
    assert chores(11, 12, 59) == ["sweep", "", "sweep"]
    assert chores(60, 61) == ["tick", ""]
    assert chores(86_400, 86_401) == ["tick", ""], "forward"
    assert chores(3_600, 3_601) == ["tick", ""], "and back"


def test_a_letter_whose_last_chunk_closed_unseen_is_done_after_all(
    runtime: Runtime, clock: FrozenClock, database: Database
) -> None:
    edition_id = open_letter(database, clock)
    with database.writing() as session:
        session.execute(update(Chunk).values(state=ChunkState.DONE))
    sweep(runtime, clock())
    with database.reading() as session:
        assert session.get_one(Edition, edition_id).state is EditionState.DONE
