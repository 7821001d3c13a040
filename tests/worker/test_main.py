"""Workers take JSON only, keep their hands off the parent's connections, and finish what they began."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import DefaultSerializer, JSONSerializer
from sqlalchemy import text

from app.foundation.db import Database
from app.foundation.jobs import BULK, HIGH
from tests.fixtures.supervised import eventually

JOBS = "tests.fixtures.jobs"


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HANDOFF_DATA_DIR": str(tmp_path),
        "HANDOFF_DATABASE_URL": database_url,
        "HANDOFF_REDIS_URL": redis_url,
        "HANDOFF_SECRET_KEY": "a key for tests only",
        "HANDOFF_STORAGE_URL": f"file://{tmp_path / 'files'}",
        "PYTHONPATH": ".",
    }


@pytest.fixture
def queue_server(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


def run_worker(environment: dict[str, str], *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "worker.main", *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_job_in_its_forked_process_uses_the_database(
    environment: dict[str, str], queue_server: "redis.Redis", database: Database
) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE job_note (word VARCHAR(20))"))
    queue = Queue(HIGH, connection=queue_server, serializer=JSONSerializer)
    queue.enqueue(f"{JOBS}.write_note", args=("first",))
    queue.enqueue(f"{JOBS}.write_note", args=("second",))
    output, _ = run_worker(environment, "--burst").communicate(timeout=60)
    with database.reading() as session:
        assert list(session.scalars(text("SELECT word FROM job_note ORDER BY word"))) == [
            "first",
            "second",
        ], output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_requested_mail_goes_before_bulk(environment: dict[str, str], queue_server: "redis.Redis") -> None:
    order = Path(environment["HANDOFF_DATA_DIR"]) / "order"
    for name in (BULK, HIGH):
        queue = Queue(name, connection=queue_server, serializer=JSONSerializer)
        queue.enqueue(f"{JOBS}.append_line", args=(str(order), name))
    output, _ = run_worker(environment, "--burst").communicate(timeout=60)
    assert order.read_text().split() == [HIGH, BULK], output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_pickle_in_the_queue_is_refused(environment: dict[str, str], queue_server: "redis.Redis") -> None:
    order = Path(environment["HANDOFF_DATA_DIR"]) / "order"
    forged = Queue(HIGH, connection=queue_server, serializer=DefaultSerializer)
    job = forged.enqueue(f"{JOBS}.append_line", args=(str(order), "forged"))
    run_worker(environment, "--burst").communicate(timeout=60)
    assert not order.exists()
    honest = Queue(HIGH, connection=queue_server, serializer=JSONSerializer)
    assert FailedJobRegistry(queue=honest).get_job_ids() == [job.id]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_asked_to_stop_finishes_the_job_in_hand(
    environment: dict[str, str], queue_server: "redis.Redis"
) -> None:
    order, gate = (Path(environment["HANDOFF_DATA_DIR"]) / name for name in ("order", "gate"))
    queue = Queue(HIGH, connection=queue_server, serializer=JSONSerializer)
    queue.enqueue(f"{JOBS}.append_when_open", args=(str(order), str(gate)))
    queue.enqueue(f"{JOBS}.append_line", args=(str(order), "next"))
    process = run_worker(environment)
    assert eventually(lambda: order.exists(), 30)
    process.send_signal(signal.SIGTERM)
    gate.touch()
    output, _ = process.communicate(timeout=30)
    assert order.read_text().split() == ["began", "ended"], output
    assert queue.count == 1


@pytest.mark.fault
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_job_of_a_killed_worker_is_given_up_soon(
    environment: dict[str, str], queue_server: "redis.Redis"
) -> None:
    order, gate = (Path(environment["HANDOFF_DATA_DIR"]) / name for name in ("order", "gate"))
    queue = Queue(HIGH, connection=queue_server, serializer=JSONSerializer)
    queue.enqueue(f"{JOBS}.append_when_open", args=(str(order), str(gate)))
    process = run_worker(environment)
    assert eventually(lambda: order.exists(), 30)
    process.kill()
    process.wait(30)
    registry = StartedJobRegistry(queue=queue)
    [given_up_at] = [float(score) for _, score in queue_server.zscan(registry.key)[1]]
    gate.touch()  # lets the job's own process end
    process.communicate(timeout=30)
    assert given_up_at - time.time() <= 30
