"""The ways mail leaves the house: SMTP over many connections at once, or a blocking transport by threads."""

import queue
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from app.delivery.answers import Answer, Step
from app.delivery.composing import Outgoing
from app.delivery.feed import Carrier, Feed, Parcel
from app.delivery.pump import REFRESH_AFTER, Pump
from app.delivery.relays import FIRST_PAUSE, Switchboard
from app.delivery.ses import SesTransport, parse_ses
from app.delivery.transport import Relay, RelayAway, Transport, relays_of
from app.foundation.settings import Settings

Answers = queue.SimpleQueue[tuple[Parcel, Answer | RelayAway] | None]
"""What threads heard; None only wakes."""


@dataclass(frozen=True)
class SmtpCarrier:
    """SMTP relays, at most `connections` at a time over all of them."""

    relays: tuple[Relay, ...]
    connections: int
    refresh_after: int = REFRESH_AFTER
    patience: float = 1.0
    first_pause: float = FIRST_PAUSE

    def carry(self, feed: Feed, size: int) -> None:
        Pump(
            feed,
            Switchboard(self.relays, first_pause=self.first_pause),
            connections=self.connections,
            size=size,
            refresh_after=self.refresh_after,
            patience=self.patience,
        ).run()


@dataclass(frozen=True)
class ThreadedCarrier:
    """A transport for which each message is a request that takes a while: so many under way at a time."""

    transport: Transport
    threads: int

    def carry(self, feed: Feed, size: int) -> None:
        answers: Answers = queue.SimpleQueue()
        feed.wake = lambda: answers.put(None)
        under_way = 0
        threads = ThreadPoolExecutor(self.threads, thread_name_prefix="send")
        with closing(self.transport), threads as pool:  # closed when the last of them has its answer
            while True:
                wait = feed.turn(time.monotonic())
                if feed.finished and not under_way:
                    break
                while under_way < self.threads and self._one(feed, pool, answers):
                    under_way += 1
                try:
                    heard = answers.get(timeout=max(0.001, wait))
                except queue.Empty:
                    continue
                if heard is not None:
                    under_way -= 1
                    _settle(feed, *heard)

    def _one(self, feed: Feed, pool: ThreadPoolExecutor, answers: Answers) -> bool:
        parcel = feed.take() if feed.wanting else None
        if parcel is None:
            return False
        try:
            self.transport.open()
        except RelayAway as error:
            _settle(feed, parcel, error)
            return False
        if feed.hand_over(parcel) is None:
            feed.put_back(parcel, "its lease has run out")
            return False
        pool.submit(self._send, parcel, feed.outgoing(parcel), answers)
        return True

    def _send(self, parcel: Parcel, message: Outgoing, answers: Answers) -> None:
        try:
            answers.put((parcel, self.transport.send(message)))
        except RelayAway as error:
            answers.put((parcel, error))
        except Exception as error:  # whatever a provider's library raises, this message may have gone
            lost = Answer(Step.DOT, 0, f"{type(error).__name__}: {error}"[:500], lost=True)
            answers.put((parcel, lost))


def _settle(feed: Feed, parcel: Parcel, answer: Answer | RelayAway) -> None:
    if isinstance(answer, RelayAway):
        feed.put_back(parcel, str(answer))
        feed.relay_away(answer)
    else:
        feed.answered(parcel, answer)


def carrier_of(settings: Settings) -> Carrier:
    """What the settings send with. Raises Misconfigured."""
    if settings.smtp_url.startswith("ses://"):
        return ThreadedCarrier(SesTransport(parse_ses(settings.smtp_url)), settings.smtp_connections)
    return SmtpCarrier(relays_of(settings), settings.smtp_connections)
