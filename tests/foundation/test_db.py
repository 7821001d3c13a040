"""SQLite is set up so that writers wait instead of failing."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.foundation import pen
from app.foundation.db import Database, UtcDateTime, open_database
from app.foundation.straight import Straight

NUMBERS = Table("t", MetaData(), Column("n", Integer))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(f"sqlite:///{tmp_path / 'one.sqlite3'}")


def test_sqlite_is_durable_and_checks_foreign_keys(database: Database) -> None:
    with database.reading() as session:
        answers = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert answers == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as writer:
        writer.execute(text("CREATE TABLE t (n INTEGER)"))
    with database.writing() as writer:
        writer.execute(text("INSERT INTO t VALUES (1)"))
        with database.reading() as reader:
            assert reader.execute(text("SELECT count(*) FROM t")).scalar() == 0


def insert_and_fail(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("INSERT INTO t VALUES (1)"))
        _ = 1 / 0


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
    with pytest.raises(ZeroDivisionError):
        insert_and_fail(database)
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM t")).scalar() == 0


def test_times_are_aware_and_naive_ones_are_refused(database: Database) -> None:
    column = UtcDateTime()
    eastern = datetime(2026, 11, 24, 8, 15, tzinfo=timezone(timedelta(hours=-5)))
    stored = column.process_bind_param(eastern, database.engine.dialect)
    assert stored == datetime(2026, 11, 24, 13, 15)
    assert column.process_result_value(stored, database.engine.dialect) == eastern
    with pytest.raises(ValueError, match="naive"):
        column.process_bind_param(datetime(2026, 11, 24), database.engine.dialect)


def hang_in_a_transaction(hanging: Database, other: Database) -> None:
    with hanging.writing() as stuck:
        stuck.execute(text("UPDATE t SET n = 2"))
        with other.writing() as session:  # waits for the lock until the first has hung for a second
            session.execute(text("UPDATE t SET n = 3"))
        stuck.execute(text("UPDATE t SET n = 4"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_that_hangs_in_a_transaction_lets_go_of_its_locks(database_url: str) -> None:
    hanging, other = open_database(database_url, idle_seconds=1), open_database(database_url)
    with other.writing() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
        session.execute(text("INSERT INTO t VALUES (1)"))
    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        hang_in_a_transaction(hanging, other)
    for database in (hanging, other):  # the one that hung goes on with a fresh connection
        with database.reading() as session:
            assert session.execute(text("SELECT n FROM t")).scalar() == 3
        database.engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_postgresql_calls_committed_is_on_its_disk_whatever_its_default(database_url: str) -> None:
    database = open_database(database_url)  # the server of the tests is set to answer before it has written
    with database.reading() as session:
        assert session.execute(text("SHOW synchronous_commit")).scalar() == "on"
    database.engine.dispose()


def test_a_small_change_is_committed_when_it_returns_and_leaves_nothing_when_it_raises(
    database: Database,
) -> None:
    add = Straight(insert(NUMBERS).values(n=bindparam("n")))
    with database.writing() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
    assert database.note(lambda driver: driver.change(add, n=7)) == 1
    with pytest.raises(ZeroDivisionError):
        database.note(lambda driver: driver.change(add, n=8) / 0)
    with database.glancing() as driver:
        assert driver.row(Straight(select(NUMBERS.c.n))) == (7,)


def test_a_small_change_waits_for_the_writer_and_not_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pen, "BUSY_TIMEOUT_MS", 30)
    with database.writing() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
        with pytest.raises(OperationalError, match="locked"):
            database.note(lambda _: 1)
    assert database.note(lambda _: 1) == 1
    with database.reading() as session:
        assert session.execute(text("PRAGMA busy_timeout")).scalar() == 15_000
    database.engine.dispose()
    assert database.note(lambda _: 2) == 2
