"""K connections kept busy by one thread: whatever can be written or read now is, and nothing waits for one relay.

Connections are opened on helper threads, because a TLS handshake may take a second; smtplib does that part.
"""

import logging
import socket
import ssl
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from app.delivery.answers import Step
from app.delivery.dialogue import Dialogue
from app.delivery.events import Events
from app.delivery.feed import Feed
from app.delivery.relays import Switchboard
from app.delivery.smtp import Opened, open_connection
from app.delivery.transport import Relay, RelayAway

log = logging.getLogger(__name__)

REFRESH_AFTER: Final = 1_000
SEND_BUFFER: Final = 1 << 19
MOST_READ: Final = 1 << 12  # a relay's answers are short, and room for more is not free
MOST_PIECES: Final = 8  # handed to the kernel as they are; to join more of them costs less
SWEEP_SECONDS: Final = 1.0
TURN_SECONDS: Final = 0.002  # the feed needs no turn for every answer while there is work for all

# Seconds to wait for an answer at the least: RFC 5321, 4.5.3.2.
PATIENCE: Final = {Step.MAIL: 300.0, Step.RCPT: 300.0, Step.DATA: 120.0, Step.DOT: 600.0, Step.RSET: 300.0}

_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Line:
    """One open connection."""

    __slots__ = ("dialogue", "pending", "recv", "relay", "send", "sendmsg", "since", "sock", "tls")

    def __init__(self, sock: socket.socket, relay: Relay, dialogue: Dialogue, now: float) -> None:
        self.sock = sock
        self.recv, self.send, self.sendmsg = sock.recv, sock.send, sock.sendmsg
        self.tls = isinstance(sock, ssl.SSLSocket)
        self.relay = relay
        self.dialogue = dialogue
        self.pending: memoryview | None = None
        self.since = now


class Pump:
    """Runs a Feed dry over at most `connections` connections."""

    def __init__(
        self,
        feed: Feed,
        switchboard: Switchboard,
        *,
        connections: int,
        size: int,
        refresh_after: int = REFRESH_AFTER,
        patience: float = 1.0,
    ) -> None:
        self._feed, self._switchboard, self._connections = feed, switchboard, connections
        self._size, self._refresh_after, self._patience = size, refresh_after, patience
        self._events: Events[Line | None] = Events()
        self._inner, self._outer = socket.socketpair()
        self._lines: set[Line] = set()
        self._idle: list[Line] = []
        self._to_write: list[Line] = []
        """Connections with something to say, once every answer that is there has been read: a relay that sleeps is
        woken once and not for each."""
        self._news = False
        """Somebody called `wake`."""
        self._opening = 0
        self._arrived: deque[Opened | tuple[Relay, RelayAway]] = deque()
        self._openers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="connect")
        self._now = time.monotonic()
        self._swept = self._now

    def run(self) -> None:
        """Until the feed is finished."""
        for end in (self._inner, self._outer):
            end.setblocking(False)
        self._events.watch(self._inner, None)
        self._feed.wake = self.wake
        try:
            while True:
                wait = self._feed.turn(self._now)
                if self._feed.finished:
                    break
                self._staff()
                self._serve(wait)
                self._go_on()
        finally:
            self._close()

    def wake(self) -> None:
        """From another thread: there is news for `turn`."""
        try:
            self._outer.send(b"!")
        except (BlockingIOError, OSError):
            return  # it has not looked at the last call yet, or is gone

    def _serve(self, wait: float) -> None:
        events = self._events.wait(wait)
        self._now = time.monotonic()
        for line, readable in events:
            if line is None:
                self._woken()
            elif readable:
                self._read(line)
            elif line.pending is not None:
                self._write(line)
        for line in self._to_write:
            self._write(line)
        self._to_write.clear()
        if self._now - self._swept > SWEEP_SECONDS:
            self._swept = self._now
            self._sweep()

    def _go_on(self) -> None:
        """Answer by answer for a little while: with work for every connection the feed needs no turn after each."""
        until = self._now + TURN_SECONDS
        while self._lines and not self._idle and not self._news and self._now < until:
            self._serve(until - self._now)
        self._news = False

    def _staff(self) -> None:
        """Give every idle connection something to do, and open more while there is more to do than connections."""
        wanting = self._feed.wanting
        while self._idle and wanting > 0:
            line = self._idle.pop()
            if line not in self._lines or not line.dialogue.idle:
                continue
            if line.dialogue.spent:
                self._say_goodbye(line)
            elif line.dialogue.begin():
                line.since = self._now
                self._write(line)
            else:
                self._idle.append(line)
                break
            wanting = self._feed.wanting
        while wanting > self._opening and len(self._lines) + self._opening < self._connections:
            relay = self._switchboard.choose(self._now)
            if relay is None:
                self._nobody_to_talk_to()
                return
            self._opening += 1
            self._openers.submit(self._open, relay)

    def _open(self, relay: Relay) -> None:
        """On a helper thread."""
        try:
            self._arrived.append(open_connection(relay))
        except RelayAway as error:
            self._arrived.append((relay, error))
        except Exception as error:
            log.exception("could not connect to %s", relay.name)
            self._arrived.append((relay, RelayAway(f"{relay.name}: {error}")))
        self.wake()

    def _woken(self) -> None:
        self._news = True
        try:
            while self._inner.recv(4096):
                continue
        except BlockingIOError:
            pass
        while self._arrived:
            arrived = self._arrived.popleft()
            self._opening -= 1
            if isinstance(arrived, Opened):
                self._welcome(arrived)
            else:
                relay, error = arrived
                self._switchboard.failed(relay, self._now, error)

    def _welcome(self, opened: Opened) -> None:
        opened.sock.setblocking(False)
        opened.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._switchboard.succeeded(opened.relay)
        dialogue = Dialogue(
            opened.relay.name, opened.offer, self._feed, size=self._size, refresh_after=self._refresh_after
        )
        line = Line(opened.sock, opened.relay, dialogue, self._now)
        self._lines.add(line)
        self._events.watch(opened.sock, line)
        self._idle.append(line)

    def _read(self, line: Line) -> None:
        dialogue = line.dialogue
        try:
            data = line.recv(MOST_READ)
            if line.tls:
                data += self._decrypted(line)
            if not data:
                self._lost(line, "the relay closed it")
                return
            line.since = self._now
            dialogue.feed(data)
        except _NOT_NOW:
            if line.pending is None:
                return
        except (OSError, ValueError) as error:
            self._lost(line, str(error))
            return
        if dialogue.abort:
            self._lost(line, "it was given up")
        elif dialogue.out or line.pending is not None:
            self._to_write.append(line)
        elif dialogue.idle:
            self._rest(line)

    def _decrypted(self, line: Line) -> bytes:
        """What TLS has read already and no selector will tell of."""
        data = b""
        try:
            while isinstance(line.sock, ssl.SSLSocket) and line.sock.pending():
                data += line.recv(MOST_READ)
        except _NOT_NOW:  # half a record: the selector will tell of its other half
            return data
        return data

    def _write(self, line: Line) -> None:
        """Write what the dialogue has to say; what the kernel does not take waits until it does."""
        out = line.dialogue.out
        pieces: list[bytes | memoryview] = [*out] if line.pending is None else [line.pending, *out]
        data = tuple(pieces) if len(pieces) <= MOST_PIECES and not line.tls else (b"".join(pieces),)
        size = sum(map(len, data))
        out.clear()
        try:
            written = line.send(data[0]) if len(data) == 1 else line.sendmsg(data)
        except _NOT_NOW:
            written = 0
        except OSError as error:
            line.pending = memoryview(b"".join(data))
            self._lost(line, str(error))
            return
        if written == size:
            if line.pending is not None:
                line.pending = None
                self._events.want_to_write(line.sock, False)
            return
        if line.pending is None:
            self._events.want_to_write(line.sock, True)
        line.pending = memoryview(b"".join(data))[written:]
        line.since = self._now

    def _rest(self, line: Line) -> None:
        if line.dialogue.spent or line.dialogue.closing:
            self._say_goodbye(line)
        else:
            self._idle.append(line)

    def _lost(self, line: Line, why: str) -> None:
        """The connection is gone; what it carried is uncertain or goes back."""
        dialogue = line.dialogue
        at_work = not dialogue.idle or dialogue.abort
        dialogue.lost(why, len(line.pending) if line.pending is not None else 0)
        self._forget(line)
        if dialogue.delivered:
            self._switchboard.worked(line.relay)
        if at_work:
            words = dialogue.why or why
            self._switchboard.disappointed(line.relay, self._now, RelayAway(f"{line.relay.name}: {words}"))

    def _say_goodbye(self, line: Line) -> None:
        try:
            line.sock.send(b"QUIT\r\n")
        except OSError:
            log.debug("%s was gone before QUIT", line.relay.name)
        self._forget(line)

    def _forget(self, line: Line) -> None:
        self._lines.discard(line)
        self._events.forget(line.sock)
        line.sock.close()

    def _sweep(self) -> None:
        """Whoever has not answered within the patience of the step will not."""
        for line in list(self._lines):
            if line.dialogue.delivered:
                self._switchboard.worked(line.relay)
            if line.dialogue.idle:
                continue
            patience = PATIENCE[line.dialogue.expected[0][0]] * self._patience
            if self._now - line.since > patience:
                self._lost(line, f"no answer within {patience:.0f} seconds")

    def _nobody_to_talk_to(self) -> None:
        if not self._lines and not self._opening and self._switchboard.hopeless:
            self._feed.relay_away(self._switchboard.trouble)

    def _close(self) -> None:
        for line in list(self._lines):
            if line.dialogue.idle:
                self._say_goodbye(line)
            else:
                self._lost(line, "sending was ended")
        self._openers.shutdown(wait=True, cancel_futures=True)
        for arrived in self._arrived:
            if isinstance(arrived, Opened):
                arrived.sock.close()
        self._events.close()
        self._inner.close()
        self._outer.close()
