"""PostgreSQL itself dies while a letter goes out, comes back by its log, and nobody gets a second copy.

A server of this file's own, because killing one of its processes throws out everybody (`make soak`).
"""

import os
import random
import signal
import time
from pathlib import Path

import psycopg
import pytest

from tests.faults.conftest import Scene
from tests.fixtures.postgres import conninfo

pytestmark = [
    pytest.mark.fault,
    pytest.mark.soak,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another folder is another server."""
    return tmp_path_factory.mktemp("postgres")


def crash(scene: Scene) -> None:
    """Kill one of the server's processes outright: it ends all others and recovers from its log."""
    url = scene.database.engine.url
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with psycopg.connect(conninfo(str(url.query["host"]), url.database or "")) as connection:
                os.kill(connection.info.backend_pid, signal.SIGKILL)
                return
        except psycopg.OperationalError:
            time.sleep(0.02)  # still recovering from the last time
    raise AssertionError("it did not come back")


@pytest.mark.timeout(1200)
@pytest.mark.small_chunks
@pytest.mark.readers(2000)
@pytest.mark.parametrize("seed", range(3))
def test_crashes_of_the_database_cost_nobody_a_letter(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    pid = scene.nursery.sender(scene.order)
    for moment in sorted(chance.sample(range(20, 1900), 20)):
        scene.sink.wait_for(moment, 60)
        crash(scene)
    ended = scene.nursery.wait(pid)
    time.sleep(1)
    scene.database.engine.dispose()
    for _ in range(5):
        if ended == 0 and scene.counts().open == 0:
            break
        ended = scene.nursery.wait(scene.nursery.sender(scene.order))
    counts = scene.check_everybody_once(2000)
    assert counts.uncertain <= 20 * scene.order.connections
    scene.report(counts, kills=20)
