"""The whole machinery of sending as real processes: a queue server, workers, a clock; each can be broken on its own."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.foundation.jobs import BULK, RedisDoorbell, Ring
from app.foundation.settings import valkey_socket
from tests.faults.conftest import Scene
from worker.children import spawn
from worker.valkey import answers, valkey_argv


class Stage:
    """Workers and a clock around one Scene."""

    def __init__(self, scene: Scene, folder: Path, workers: int, rate: float) -> None:
        self.scene = scene
        self.folder = folder
        self.kills = 0
        self.url = f"unix://{valkey_socket(folder)}"
        self.environment = {
            "HANDOFF_DATA_DIR": str(folder),
            "HANDOFF_DATABASE_URL": scene.order.database_url,
            "HANDOFF_STORAGE_URL": f"file://{folder / 'files'}",
            "HANDOFF_SECRET_KEY": "a key for tests only",
            "HANDOFF_SMTP_URL": scene.sink.url,
            "HANDOFF_SMTP_CONNECTIONS": "2",
            "HANDOFF_SEND_RATE": str(rate),
            "HANDOFF_WORKERS": str(workers),
            "HANDOFF_REDIS_URL": self.url,
            "HANDOFF_DEMO": "1",
        }
        self.valkey = self._start_valkey()
        self.workers = [scene.nursery.run("worker", self.environment) for _ in range(workers)]
        self.clock = scene.nursery.run("clock", self.environment)

    def close(self) -> None:
        for pid in [*self.workers, self.clock]:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # its children belong to its session
            self.scene.nursery.wait(pid)
        self.valkey.kill()
        self.valkey.wait()

    # What can be broken ----------------------------------------------------------------------------------------

    def kill_a_worker(self) -> None:
        """Its child goes on alone until it notices."""
        pid = self.workers.pop(0)
        os.kill(pid, signal.SIGKILL)
        self.scene.nursery.wait(pid)
        self.kills += 1
        self.workers.append(self.scene.nursery.run("worker", self.environment))

    def kill_a_child(self) -> None:
        """Whoever is sending now, in the middle of it."""
        for pid in self.workers:
            for child in children_of(pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                    self.kills += 1
                    return

    def kill_the_clock(self) -> None:
        os.kill(self.clock, signal.SIGKILL)
        self.scene.nursery.wait(self.clock)
        self.kills += 1
        self.clock = self.scene.nursery.run("clock", self.environment)

    def kill_the_queue(self) -> None:
        """And start it again with its file."""
        self.valkey.kill()
        self.valkey.wait()
        self.kills += 1
        self.valkey = self._start_valkey()

    def lose_the_queue(self) -> None:
        """It comes back empty."""
        self.valkey.kill()
        self.valkey.wait()
        self.kills += 1
        shutil.rmtree(self.folder / "valkey")
        self.valkey = self._start_valkey()

    def flush_the_queue(self) -> None:
        with closing(redis.Redis.from_url(self.url)) as connection:
            connection.flushall()

    def ring_five_times(self) -> None:
        self.ring(5)

    def ring(self, times: int = 1) -> None:
        with closing(redis.Redis.from_url(self.url)) as connection:
            for _ in range(times):
                RedisDoorbell(connection).ring(Ring("sending.send_edition", (self.scene.edition_id,), BULK))

    def shake_the_database(self) -> None:
        """PostgreSQL: every connection of others is cut. SQLite: somebody else holds the lock for a while."""
        database = self.scene.database
        if database.is_postgresql:
            cut = (
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            with database.engine.connect() as connection:
                connection.execute(text(cut))
            return
        with suppress(DBAPIError), database.writing():
            time.sleep(0.5)

    # ------------------------------------------------------------------------------------------------------------

    def wait_for_copies(self, number: int, seconds: float = 120.0) -> None:
        self.wait_until(lambda: len(self.scene.sink.messages) >= number, seconds)

    def wait_for_the_end(self, seconds: float = 120.0) -> None:
        """Nothing is open any more, and nobody is still sending."""
        self.wait_until(lambda: self.scene.counts().open == 0, seconds)

    def wait_until(self, true: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"still at {self.scene.counts()}"
            time.sleep(0.05)

    def _start_valkey(self) -> "subprocess.Popen[bytes]":
        process = spawn(valkey_argv(self.folder), os.environ, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not answers(self.url):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process


@contextmanager
def set_up(scene: Scene, folder: Path, *, workers: int, rate: float) -> Iterator[Stage]:
    """A stage for the length of a `with` block."""
    stage = Stage(scene, folder, workers, rate)
    try:
        yield stage
    finally:
        stage.close()


def children_of(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def rings_waiting(url: str) -> int:
    with closing(redis.Redis.from_url(url)) as connection:
        return int(Queue(BULK, connection=connection, serializer=JSONSerializer).count)
