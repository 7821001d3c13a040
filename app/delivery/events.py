"""Waiting for many sockets with what the kernel offers and no layer between: it is asked for every second message."""

import select
import socket
from typing import Any, Final, Generic, TypeVar

READABLE: Final = select.POLLIN
WRITABLE: Final = select.POLLOUT

Watched = TypeVar("Watched")


class Events(Generic[Watched]):
    """Which sockets can be read, or written where that is waited for. What hangs up counts as readable."""

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        on_linux = hasattr(select, "epoll")
        self._kernel: Any = select.epoll() if on_linux else select.poll()
        self._unit = 1.0 if on_linux else 1000.0

    def watch(self, sock: socket.socket, who: Watched) -> None:
        self._watched[sock.fileno()] = who
        self._kernel.register(sock.fileno(), READABLE)

    def want_to_write(self, sock: socket.socket, wanted: bool) -> None:
        self._kernel.modify(sock.fileno(), READABLE | WRITABLE if wanted else READABLE)

    def forget(self, sock: socket.socket) -> None:
        """Before it is closed."""
        del self._watched[sock.fileno()]
        self._kernel.unregister(sock.fileno())

    def wait(self, seconds: float) -> list[tuple[Watched, bool]]:
        """Whoever is ready within so many seconds; False for one who can only be written to."""
        watched = self._watched
        return [
            (watched[number], mask != WRITABLE) for number, mask in self._kernel.poll(seconds * self._unit)
        ]

    def close(self) -> None:
        if hasattr(self._kernel, "close"):
            self._kernel.close()
