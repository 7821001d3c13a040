"""A ring is heard after the commit, never before, never after a rollback; without a queue nothing breaks."""

from pathlib import Path

import redis

from app.foundation.db import Database, open_database
from app.foundation.jobs import RedisDoorbell, Ring, SilentDoorbell, connect_doorbell, ring_after_commit


def opened(path: Path, bell: SilentDoorbell) -> Database:
    database = open_database(f"sqlite:///{path / 'jobs.sqlite3'}")
    connect_doorbell(database.write, bell)
    return database


def test_a_ring_waits_for_the_commit_and_is_rung_once(tmp_path: Path) -> None:
    bell = SilentDoorbell()
    with opened(tmp_path, bell).write() as session:
        ring_after_commit(session, "sending.send_edition", 7)
        ring_after_commit(session, "sending.send_edition", 7)
        assert bell.rings == []
        session.connection()
        session.commit()
        session.connection()
        session.commit()
    assert bell.rings == [Ring("sending.send_edition", (7,))]


def test_a_rollback_forgets_the_ring(tmp_path: Path) -> None:
    bell = SilentDoorbell()
    with opened(tmp_path, bell).write() as session:
        session.connection()
        ring_after_commit(session, "sending.send_edition", 7)
        session.rollback()
        session.connection()
        session.commit()
    assert bell.rings == []


def test_a_savepoint_rings_for_nothing_that_nobody_can_see_yet(tmp_path: Path) -> None:
    bell = SilentDoorbell()
    with opened(tmp_path, bell).write() as session:
        with session.begin_nested(), session.begin_nested():
            ring_after_commit(session, "sending.send_edition", 7)
        assert bell.rings == []
        session.commit()
    assert bell.rings == [Ring("sending.send_edition", (7,))]


def test_a_savepoint_taken_back_takes_back_its_own_rings_and_no_others(tmp_path: Path) -> None:
    bell = SilentDoorbell()
    with opened(tmp_path, bell).write() as session:
        ring_after_commit(session, "sending.send_edition", 1)
        outer = session.begin_nested()
        ring_after_commit(session, "sending.send_edition", 2)
        with session.begin_nested():
            ring_after_commit(session, "sending.send_edition", 3)
        inner = session.begin_nested()
        ring_after_commit(session, "sending.send_edition", 4)
        inner.rollback()
        outer.commit()
        lost = session.begin_nested()
        with session.begin_nested():
            ring_after_commit(session, "sending.send_edition", 5)
        lost.rollback()
        session.commit()
    assert [ring.arguments for ring in bell.rings] == [(1,), (2,), (3,)]


def test_a_queue_that_is_away_breaks_nothing(tmp_path: Path) -> None:
    nowhere = redis.Redis(unix_socket_path=str(tmp_path / "nobody.sock"))
    RedisDoorbell(nowhere).ring(Ring("sending.send_edition", (7,)))
