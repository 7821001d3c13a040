"""A worker process: takes rings from the queue and runs the functions of `worker.jobs`.

RQ forks for each job, so that a job that dies takes nobody with it. Intervals are short: the job of a worker that was
killed is given up within half a minute instead of RQ's seven, and the clock rings for its work again.
"""

import argparse
import logging
import os
import pkgutil
import signal
import time
from importlib import import_module

import redis
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

import worker.jobs
from app.foundation.jobs import QUEUES
from app.foundation.settings import check_start, load_settings
from app.wiring import Runtime, build_runtime
from worker.readiness import announce_ready
from worker.state import runtime, using_runtime

log = logging.getLogger(__name__)

WORKER_TTL = 30
MONITORING = 5
MAINTENANCE = 15
IDLE_SECONDS = 60
"""A worker that hangs in a transaction for as long as a lease lasts has lost both."""
MISSED_BEATS = 15
"""Seconds after its last heartbeat that a running job is still believed to be alive."""


class HandoffWorker(Worker):
    """RQ's worker with a clean break between the parent's connections and the child's."""

    max_connection_wait_time = 5.0

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the forked child: the parent's database sockets are not ours to use or to close."""
        runtime().database.forget_connections()
        super().main_work_horse(job, queue)

    def setup_work_horse_signals(self) -> None:
        """A job under way is left to end; one that takes long listens for SIGTERM itself."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def handle_warm_shutdown_request(self) -> None:
        """Tell the job in hand that we are about to leave: sending drains instead of going on for an hour."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGTERM)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        return MONITORING + MISSED_BEATS


def build_worker(given: Runtime, name: str | None = None) -> HandoffWorker:
    """A worker on every queue, the requested mail first. Connects to the queue."""
    return HandoffWorker(
        list(QUEUES),
        name=name,
        connection=given.redis,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=MONITORING,
        maintenance_interval=MAINTENANCE,
        log_job_description=False,
    )


def load_jobs() -> None:
    """Import every job before the first fork: a broken one shows at start, and children need not import."""
    for module in pkgutil.iter_modules(worker.jobs.__path__, "worker.jobs."):
        import_module(module.name)


def wait_for_queue(connection: redis.Redis) -> None:
    """Return once the queue answers; says what it is waiting for."""
    while True:
        try:
            connection.ping()
        except redis.RedisError as error:
            log.warning("waiting for the queue: %s", error)
            time.sleep(1)
        else:
            return


def main() -> None:
    """Work until SIGTERM, which lets the job in hand finish."""
    parser = argparse.ArgumentParser(prog="worker.main", description=__doc__)
    parser.add_argument("--burst", action="store_true", help="do what is queued, then end")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = load_settings()
    check_start(settings)
    with using_runtime(build_runtime(settings, idle_seconds=IDLE_SECONDS)) as here:
        load_jobs()
        wait_for_queue(here.redis)
        working = build_worker(here)
        announce_ready()
        working.work(burst=options.burst, logging_level="WARNING")


if __name__ == "__main__":
    main()
