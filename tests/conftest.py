"""Shared fixtures: real databases, a real queue, a real SMTP server, and a clock that stands still.

`database_url` runs a test on SQLite and on PostgreSQL. A test that needs only one says so:

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""

import dataclasses
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.foundation.db import Database, open_database
from app.foundation.jobs import SilentDoorbell, connect_doorbell
from app.foundation.settings import Settings
from app.wiring import Runtime, build_runtime
from tests.fixtures.clock import FrozenClock
from tests.fixtures.databases import postgres_database, sqlite_database
from tests.fixtures.smtp_sink import SmtpSink
from worker.valkey import running_valkey


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the fault tests broke and what came of it, summed up over the run."""
    total: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        total.update(dict(report.user_properties).get("faults", {}))
    if total:
        said = ", ".join(f"{name} {number}" for name, number in total.items())
        terminalreporter.write_line(f"faults: {said}")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, run_folder: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database of this test's own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if request.param == "sqlite":
        yield sqlite_database(run_folder, tmp_path)
    else:
        run = os.getppid() if worker else os.getpid()
        with postgres_database(run_folder, run, worker or "main") as url:
            yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The Database; SQLite without waiting for the disk, which no test can notice."""
    database = open_database(database_url)
    if not database.is_postgresql:
        event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    yield database
    database.engine.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session; commit before anybody else is to see or write something."""
    with database.write() as session:
        yield session


@pytest.fixture
def clock() -> FrozenClock:
    """A clock at Monday noon UTC, 16 November 2026, until the test moves it."""
    return FrozenClock()


@pytest.fixture
def now(clock: FrozenClock) -> datetime:
    """The instant at which `clock` stands when the test begins."""
    return clock()


@pytest.fixture
def doorbell() -> SilentDoorbell:
    """Keeps the rings of `runtime` for the test to read."""
    return SilentDoorbell()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a demo on loopback, with its data in the test's folder."""
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        secret_key=SecretStr("a key for tests only"),
        storage_url=f"file://{tmp_path / 'files'}",
        demo=True,
    )


@pytest.fixture
def runtime(settings: Settings, database: Database, clock: FrozenClock, doorbell: SilentDoorbell) -> Runtime:
    """Everything an entry point gets, with the frozen clock and the silent doorbell."""
    built = build_runtime(settings, doorbell=doorbell)
    built.database.engine.dispose()
    connect_doorbell(database.write, doorbell)
    return dataclasses.replace(built, clock=clock, database=database)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of this worker's own Valkey."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def redis_url(valkey: str) -> str:
    """The URL of an empty queue server."""
    with redis.Redis.from_url(valkey) as connection:
        connection.flushall()
    return valkey


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A real SMTP server that keeps what it gets and misbehaves on order (tests/fixtures/smtp_sink.py)."""
    sink = SmtpSink().start()
    yield sink
    sink.stop()
