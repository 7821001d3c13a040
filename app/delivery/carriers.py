"""The ways mail leaves the house: SMTP over many connections at once, or a blocking transport, one by one."""

import time
from dataclasses import dataclass

from app.delivery.answers import Answer, Step
from app.delivery.feed import Feed
from app.delivery.pump import REFRESH_AFTER, Pump
from app.delivery.relays import FIRST_PAUSE, Switchboard
from app.delivery.transport import Relay, RelayAway, Transport


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
class BlockingCarrier:
    """A transport that answers each message before it takes the next."""

    transport: Transport

    def carry(self, feed: Feed, size: int) -> None:
        feed.wake = _nothing
        try:
            while True:
                wait = feed.turn(time.monotonic())
                if feed.finished:
                    return
                if not self._one(feed):
                    time.sleep(min(wait, 0.005))
        finally:
            self.transport.close()

    def _one(self, feed: Feed) -> bool:
        parcel = feed.take() if feed.wanting else None
        if parcel is None:
            return False
        try:
            self.transport.open()
        except RelayAway as error:
            feed.put_back(parcel, str(error))
            feed.relay_away(error)
            return True
        if feed.hand_over(parcel) is None:
            feed.put_back(parcel, "its lease has run out")
            return True
        try:
            answer = self.transport.send(feed.outgoing(parcel))
        except RelayAway as error:
            feed.put_back(parcel, str(error))
            feed.relay_away(error)
        except Exception as error:  # whatever a provider's library raises, this message may have gone
            feed.answered(parcel, Answer(Step.DOT, 0, f"{type(error).__name__}: {error}", lost=True))
        else:
            feed.answered(parcel, answer)
        return True


def _nothing() -> None:
    """Nobody waits for the network here, so nobody need be woken."""
