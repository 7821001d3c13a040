"""Gives birth to senders, workers and clocks: real processes, there in a few milliseconds, to be killed at will.

One process per test session imports everything once and forks for every order, as an RQ worker does. It speaks JSON,
a line at a time: an order in, a process id out; `{"wait": PID}` in, how it ended out.
"""

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from app.delivery import desk, shift
from app.delivery.carriers import SmtpCarrier
from app.delivery.office import Office
from app.delivery.owners import this_process
from app.delivery.recovery import find_abandoned, forget_journal, recover
from app.delivery.sending import send_edition
from app.delivery.transport import parse_relays
from app.foundation.db import Database, open_database
from app.foundation.settings import load_settings
from app.wiring import build_runtime
from tests.delivery.post import LETTERHEAD
from worker import clock
from worker.jobs.sending import Leaving
from worker.main import build_worker, load_jobs
from worker.state import using_runtime


@dataclass(frozen=True)
class Order:
    """What a sender is to do. `fenced` false takes out what keeps a late owner from sending and writing."""

    database_url: str
    folder: str
    relay: str
    edition_id: int
    connections: int = 4
    lease_seconds: float = 60.0
    first_pause: float = 0.05
    fenced: bool = True
    once: bool = False
    skew: float = 0.0
    """Seconds by which this sender's clock is wrong."""


class Nursery:
    """The test's end of the conversation."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def sender(self, order: Order) -> int:
        """A new process at work on an Edition; its id."""
        return int(self._ask(asdict(order)))

    def run(self, what: str, environment: dict[str, str]) -> int:
        """A real `worker` or `clock` with these settings; its id."""
        return int(self._ask({"run": what, "environment": environment}))

    def wait(self, pid: int) -> int:
        """Wait for a sender to end; its exit status, negative for a signal."""
        return int(self._ask({"wait": pid}))

    def _ask(self, question: dict[str, Any]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def open_nursery(log: Path) -> Iterator[Nursery]:
    """A nursery for the length of a `with` block."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )
        try:
            yield Nursery(process)
        finally:
            process.kill()
            process.wait()


def work(order: Order) -> None:
    """Take over what the dead have left, then send until nothing is due."""
    database = open_database(order.database_url)
    office = Office(
        database=database,
        clock=lambda: datetime.now(UTC) + timedelta(seconds=order.skew),
        letterhead=LETTERHEAD,
        carrier=SmtpCarrier(parse_relays(order.relay), order.connections, first_pause=order.first_pause),
        owner=this_process(),
        journals=Path(order.folder) / "journals",
        stopping=Leaving().asked,
        lease_seconds=order.lease_seconds,
    )
    if not order.fenced:
        take_the_fence_out()
    while True:
        take_over(database, office)
        sent = send_edition(office, order.edition_id)
        if order.once or not sent.chunks or office.stopping():
            return


def run(what: str, environment: dict[str, str]) -> None:
    """What `handoff worker` and `handoff clock` do, only that the clock sweeps more often."""
    os.environ.update(environment)
    os.setsid()
    here = build_runtime(load_settings(), idle_seconds=60)
    if what == "clock":
        setattr(clock, "SWEEP_SECONDS", 1)  # noqa: B010  (a constant to mypy)
        clock.run(here, threading.Event(), this_process("clock"))
        return
    with using_runtime(here):
        load_jobs()
        while True:
            try:
                build_worker(here).work(logging_level="ERROR")
            except redis.RedisError:
                time.sleep(0.2)  # what the supervisor does: it starts it again


def take_over(database: Database, office: Office) -> None:
    """What the clock does in its sweep."""
    with database.reading() as session:
        abandoned = find_abandoned(session)
    for lease in abandoned:
        with database.writing() as session:
            recover(session, office.clock(), lease, office.journals)
        forget_journal(office.journals, lease)


def take_the_fence_out() -> None:
    """For the test of the tests: an owner goes on sending although its lease has passed to somebody else."""
    setattr(shift, "boottime", lambda: 0.0)  # noqa: B010  (mypy knows these as not exported)
    setattr(desk, "record", lambda *_, **__: None)  # noqa: B010


def main() -> None:
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            _, status = os.waitpid(question["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            sys.stdin.close()
            try:
                if "run" in question:
                    run(question["run"], question["environment"])
                else:
                    work(Order(**question))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
