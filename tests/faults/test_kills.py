"""kill -9 at any moment: nobody twice, nobody skipped, and as few uncertain as there were connections."""

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from app.delivery.journal import journal_path
from app.delivery.models import Chunk
from app.delivery.owners import this_process
from app.foundation.db import Database
from tests.faults.conftest import Scene

pytestmark = pytest.mark.fault

NOBODY = this_process().replace("/", "/9", 1)
"""An owner of this machine that is certainly dead."""


def kill_at(scene: Scene, pid: int, copies: int, delay: float) -> None:
    """Kill a sender a moment after the relay took so many messages."""
    scene.sink.wait_for(copies, 60)
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    scene.nursery.wait(pid)


def send_with_kills(scene: Scene, readers: int, kills: int, seed: int) -> None:
    """Send to the end with a sender killed at `kills` seeded moments."""
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(readers // 100 + 1, readers * 99 // 100), kills))
    for moment in moments:
        kill_at(scene, scene.nursery.sender(scene.order), moment, chance.uniform(0, 0.003))
        scene.counts()
    assert scene.nursery.wait(scene.nursery.sender(scene.order)) == 0
    counts = scene.check_everybody_once(readers)
    assert counts.uncertain <= kills * scene.order.connections
    scene.report(counts, kills=kills)


@pytest.mark.readers(400)
def test_a_sender_that_is_killed_again_and_again_mails_everybody_once(scene: Scene) -> None:
    send_with_kills(scene, 400, kills=5, seed=1)


@pytest.mark.soak
@pytest.mark.readers(2000)
@pytest.mark.parametrize("seed", range(10))
def test_fifty_kills_over_two_thousand_readers(scene: Scene, seed: int) -> None:
    send_with_kills(scene, 2000, kills=50, seed=seed)


@pytest.mark.readers(60)
def test_killed_between_the_dot_and_the_answer_they_are_uncertain_and_never_mailed_again(
    scene: Scene,
) -> None:
    gate = threading.Event()
    scene.sink.hold("dot", gate, times=scene.order.connections)
    pid = scene.nursery.sender(scene.order)
    kill_at(scene, pid, scene.order.connections, 0.05)
    gate.set()
    assert scene.nursery.wait(scene.nursery.sender(scene.order)) == 0
    counts = scene.check_everybody_once(60)
    assert counts.uncertain == scene.order.connections


@pytest.mark.readers(200)
def test_a_sender_whose_lease_passed_on_while_it_slept_sends_nothing_more(scene: Scene) -> None:
    assert mailed_twice(scene, fenced=True) == 0
    scene.check_everybody_once(200)


@pytest.mark.readers(200)
def test_without_the_fence_the_same_sleeper_mails_people_twice(scene: Scene) -> None:
    assert mailed_twice(scene, fenced=False) > 0


def mailed_twice(scene: Scene, *, fenced: bool) -> int:
    """Stop a sender in the middle, let its lease run out, let another finish, then wake the first."""
    gate = threading.Event()
    scene.sink.hold("dot", gate, times=scene.order.connections)
    sleeper = scene.nursery.sender(replace(scene.order, lease_seconds=0.4, once=True, fenced=fenced))
    scene.sink.wait_for(scene.order.connections, 30)
    stop_between_writes(scene, sleeper)
    time.sleep(0.5)
    declare_dead(scene)
    assert scene.nursery.wait(scene.nursery.sender(scene.order)) == 0
    gate.set()
    os.kill(sleeper, signal.SIGCONT)
    scene.nursery.wait(sleeper)
    return sum(number > 1 for number in scene.sink.copies().values())


def declare_dead(scene: Scene) -> None:
    """What is leased, and the journals of it, belong to somebody who is no more."""
    with scene.database.writing() as session:
        leases = session.execute(select(Chunk.id, Chunk.fence, Chunk.owner).where(Chunk.owner != "")).all()
        session.execute(update(Chunk).where(Chunk.owner != "").values(owner=NOBODY))
    folder = Path(scene.order.folder, "journals")
    for chunk_id, fence, owner in leases:
        path = journal_path(folder, chunk_id, fence, owner)
        with path.open("r+b") as file:
            file.seek(file.read(300).index(owner.encode()))
            file.write(NOBODY.encode().ljust(len(owner), b"\0"))
        path.rename(journal_path(folder, chunk_id, fence, NOBODY))


def stop_between_writes(scene: Scene, pid: int) -> None:
    """SIGSTOP, but not in the middle of a transaction: its locks would keep everybody else waiting."""
    for _ in range(50):
        os.kill(pid, signal.SIGSTOP)
        if not in_a_transaction(scene.database):
            return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.02)
    raise AssertionError("it never let go of the lock")


def in_a_transaction(database: Database) -> bool:
    """Does anybody but us have a transaction under way?"""
    if database.is_postgresql:
        with database.engine.connect() as connection:
            others = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'"
            )
            return bool(connection.execute(others).scalar())
    with closing(sqlite3.connect(database.engine.url.database or "", timeout=0.05)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def test_sigterm_drains_without_anybody_uncertain(scene: Scene) -> None:
    pid = scene.nursery.sender(scene.order)
    scene.sink.wait_for(30, 30)
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    assert scene.nursery.wait(pid) == 0
    assert time.monotonic() - began < 30
    counts = scene.counts()
    assert (counts.uncertain, counts.in_flight) == (0, 0)
    assert 30 <= counts.accepted < 300
    assert scene.nursery.wait(scene.nursery.sender(scene.order)) == 0
    assert scene.check_everybody_once(300).uncertain == 0
