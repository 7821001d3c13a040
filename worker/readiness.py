"""How the supervisor knows that a child serves: it asks the way a user of that child would."""

import http.client
import os
import socket
from collections.abc import Callable
from pathlib import Path

READY_FILE = "HANDOFF_READY_FILE"


def announce_ready() -> None:
    """Said by a process that nobody can connect to, once it works; the supervisor reads the file."""
    name = os.environ.get(READY_FILE)
    if name:
        Path(name).write_text(str(os.getpid()))


def file_ready(path: Path) -> Callable[[], bool]:
    """True once a process has announced itself in `path`."""
    return path.exists


def http_ready(host: str, port: int, path: str) -> Callable[[], bool]:
    """True when `path` answers 200."""

    def check() -> bool:
        connection = http.client.HTTPConnection(host, port, timeout=1)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return check


def tcp_ready(host: str, port: int, greeting: bytes = b"") -> Callable[[], bool]:
    """True when the port accepts and greets (220 for SMTP and LMTP)."""

    def check() -> bool:
        try:
            with socket.create_connection((host, port), timeout=1) as connection:
                return connection.recv(len(greeting)) == greeting
        except OSError:
            return False

    return check
