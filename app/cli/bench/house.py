"""A throw-away installation for a bench: its own database, queue and worker processes, all gone afterwards."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen

from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from app.foundation.errors import Unavailable
from app.foundation.migrations import upgrade
from app.foundation.settings import Settings, load_settings
from app.publication.settings import seed_publication
from app.subscribers.topics import seed_topics
from app.wiring import Runtime, build_runtime
from worker.children import spawn, stop
from worker.processes import WORKER, module_argv
from worker.readiness import READY_FILE, tcp_ready
from worker.valkey import running_valkey

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class House:
    """The installation under measurement."""

    runtime: Runtime
    workers: tuple[Popen[bytes], ...]

    def cpu_seconds(self) -> float:
        """CPU of the workers and of their jobs that have ended."""
        return sum(cpu_of(worker.pid) for worker in self.workers)

    def cpu_until_now(self) -> float:
        """The same with the jobs that are running."""
        return self.cpu_seconds() + sum(filter(None, map(_cpu_or_none, self.jobs())))

    def jobs(self) -> list[int]:
        """The processes in which a job is running."""
        return [int(child) for worker in self.workers for child in children_of(worker.pid).split()]

    def busy(self) -> bool:
        """True while a worker has a job's child running."""
        return any(children_of(worker.pid) for worker in self.workers)


@contextmanager
def bench_house(database_url: str, overrides: dict[str, object], workers: int) -> Iterator[House]:
    """Everything up, seeded and empty; nothing is left behind. Raises Unavailable when a part does not start."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-bench-")))
        url = stack.enter_context(_scratch_database(database_url)) if database_url else ""
        redis_url = stack.enter_context(running_valkey(folder))
        settings = load_settings(
            data_dir=folder,
            database_url=url,
            redis_url=redis_url,
            storage_url=f"file://{folder / 'files'}",
            secret_key=SecretStr(secrets.token_urlsafe(32)),
            workers=max(1, workers),
            **overrides,
        )
        runtime = build_runtime(settings)
        upgrade(runtime.database.engine)
        with runtime.database.writing() as session:
            seed_publication(session, settings.publication_file)
            seed_topics(session)
        running = [_start_worker(settings, folder, number) for number in range(workers)]
        for process in running:
            stack.callback(stop, process)
        for number, process in enumerate(running):
            _wait(process, folder / f"worker{number}.ready")
        stack.callback(runtime.database.engine.dispose)
        yield House(runtime, tuple(running))


def wait_for_web(port: int) -> None:
    """Until a web server on loopback takes connections. Raises Unavailable after a minute."""
    ready, deadline = tcp_ready("127.0.0.1", port), time.monotonic() + 60
    while not ready():
        if time.monotonic() > deadline:
            raise Unavailable("The web server did not start.")
        time.sleep(0.1)


@contextmanager
def _scratch_database(url: str) -> Iterator[str]:
    """A database of our own on the server that `url` names, so that a bench can touch nobody's data."""
    normal = make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")
    name = f"handoff_bench_{secrets.token_hex(4)}"
    server = create_engine(normal, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield normal.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        server.dispose()


def environment_of(settings: Settings) -> dict[str, str]:
    """What a process of this installation is started with."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}
    for name, value in settings.model_dump(mode="json", exclude_none=True).items():
        env[f"HANDOFF_{name.upper()}"] = str(value)
    env["HANDOFF_SECRET_KEY"] = settings.secret_key.get_secret_value()
    return env


def _start_worker(settings: Settings, folder: Path, number: int) -> Popen[bytes]:
    env = environment_of(settings)
    env[READY_FILE] = str(folder / f"worker{number}.ready")
    return spawn(module_argv(WORKER), env, stdout=DEVNULL)


def _wait(process: Popen[bytes], ready: Path, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Unavailable("A worker did not start.")
        time.sleep(0.02)


def peak_of(pid: int) -> int:
    """The most memory a process ever held, in kilobytes; 0 when it is gone."""
    try:
        said = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in said.splitlines() if line.startswith("VmHWM:")), 0)


def _cpu_or_none(pid: int) -> float | None:
    try:
        return cpu_of(pid)
    except OSError:
        return None


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (
        sum(map(int, fields[11:15])) / TICKS
    )  # utime, stime, and those of the children that were waited for


def children_of(pid: int) -> str:
    """Its children's ids, apart by spaces."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()
