"""What must hold before anything is started: one Handoff to a data directory, room to write, free ports.

Each refusal says what is in the way and how to go round it.
"""

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.foundation.errors import Conflict, Misconfigured

LEAST_FREE = 64 * 1024 * 1024
"""Bytes that must be free: below this a letter in flight could fill the disk."""


@contextmanager
def holding(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for the length of a `with` block.

    Raises Conflict naming the process that holds it, Misconfigured when it cannot be written.
    """
    check_writable(data_dir)
    with (data_dir / "handoff.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Conflict(
                f"Handoff already runs on {data_dir} (process {holder}).",
                hint="Stop it there, or give this one another HANDOFF_DATA_DIR.",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_writable(data_dir: Path) -> None:
    """Make the directory, write to it, and see that there is room.

    Raises Misconfigured.
    """
    probe = data_dir / f".probe-{os.getpid()}"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with probe.open("wb") as file:
            file.write(bytes(65_536))
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        raise Misconfigured(
            f"{data_dir} cannot be written: {error.strerror}",
            field="HANDOFF_DATA_DIR",
            hint="Free some room, mend its permissions, or choose another directory.",
        ) from error
    finally:
        _remove(probe)
    if free < LEAST_FREE:
        raise Misconfigured(
            f"{data_dir} has only {free // 1024**2} MB free, {LEAST_FREE // 1024**2} are needed",
            field="HANDOFF_DATA_DIR",
            hint="Free some room or choose another directory.",
        )


def _remove(probe: Path) -> None:
    try:
        probe.unlink(missing_ok=True)
    except OSError:
        return


def free_port(host: str, wanted: int, field: str) -> int:
    """The port itself when it can be bound, any free one for 0.

    Raises Conflict naming the setting or option that chooses another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise Conflict(
                f"Port {wanted} on {host} cannot be used: {error.strerror}.",
                field=field,
                hint=f"Stop what listens there or choose another port with {field}.",
            ) from error
        return int(probe.getsockname()[1])
