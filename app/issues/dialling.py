"""Opening a connection to a place that the policy admits, and to no other.

The name is resolved once, every answer is judged, and the very address that was judged is connected to: a name that
changes its answer in between (DNS rebinding, A23) gains nothing. One deadline covers resolving, connecting, the
handshake, and every read and write, so a peer that sends a byte now and then cannot hold us (A25).
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final

import httpcore

from app.issues.places import Address, Policy

Resolve = Callable[[str, int], Sequence[Address]]

_MOST_ADDRESSES: Final = 4
"""How many of them are tried; all of them are judged."""


class PlaceRefused(Exception):
    """The policy does not admit this place; the message is the reason, half a sentence."""


class NameUnknown(Exception):
    """No address is known for the host."""


class Deadline:
    """The seconds that are left of one errand, by a clock that nobody can turn back."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Never negative; 0 when it is over."""
        return max(0.0, self._end - time.monotonic())

    def cut(self, timeout: float | None) -> float:
        """A timeout that ends with the deadline at the latest. Raises ReadTimeout when it is over."""
        left = self.left()
        if left <= 0:
            raise httpcore.ReadTimeout("out of time")
        return left if timeout is None else min(left, timeout)


def system_resolve(host: str, port: int) -> Sequence[Address]:
    """The addresses of a host as the system knows them.

    Raises NameUnknown when there is no such name, ConnectError when nobody could be asked: the site may be well.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            raise httpcore.ConnectError(str(error)) from error
        raise NameUnknown(str(error)) from error
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


class GuardedDial(httpcore.NetworkBackend):
    """httpcore's way to the network, with the policy in it."""

    def __init__(
        self, policy: Policy, deadline: Deadline, resolve: Resolve, dial: httpcore.NetworkBackend
    ) -> None:
        self._policy = policy
        self._deadline = deadline
        self._resolve = resolve
        self._dial = dial

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises PlaceRefused when any address of the host is closed: an answer of both kinds is a trick."""
        addresses = self._addresses(host, port)
        for address in addresses:
            reason = self._policy.refusal(host, address, port)
            if reason:
                raise PlaceRefused(reason)
        failure: Exception = NameUnknown(host)
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                stream = self._dial.connect_tcp(
                    str(address), port, self._deadline.cut(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return TimedStream(stream, self._deadline)
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise PlaceRefused("that is not a place on the web")

    def _addresses(self, host: str, port: int) -> Sequence[Address]:
        """getaddrinfo knows no timeout, so it runs in a thread that is left behind when it takes too long."""
        answer: queue.SimpleQueue[Sequence[Address] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._resolve(host, port))
            except Exception as error:
                answer.put(error)

        threading.Thread(target=ask, name="resolve", daemon=True).start()
        try:
            found = answer.get(timeout=self._deadline.cut(None))
        except queue.Empty:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        if isinstance(found, Exception):
            raise found
        return list(dict.fromkeys(found))


class TimedStream(httpcore.NetworkStream):
    """A stream on which every wait ends with the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout))
        return TimedStream(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
