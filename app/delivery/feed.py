"""What passes between those who send and those who keep the ledger: parcels one way, answers the other."""

from collections.abc import Callable
from typing import Any, Protocol

from app.delivery.answers import Answer
from app.delivery.composing import Letter, Outgoing
from app.delivery.transport import RelayAway


class Parcel:
    """A letter on its way: whose lease it belongs to, its place there, and what went wrong with it so far."""

    __slots__ = ("held", "letter", "losses", "number", "refusal")

    def __init__(self, held: Any, number: int, letter: Letter) -> None:
        self.held = held
        self.number = number
        self.letter = letter
        self.losses = 0
        self.refusal: Answer | None = None


class Source(Protocol):
    """Where parcels come from and where they end."""

    def take(self) -> Parcel | None:
        """The next parcel to begin with; None when there is none now."""
        ...

    def hand_over(self, parcel: Parcel) -> tuple[bytes, ...] | None:
        """The message of a parcel that is about to be written, noted as in flight; None when it must not be."""
        ...

    def answered(self, parcel: Parcel, answer: Answer) -> None:
        """The relay has spoken, or the parcel is uncertain (`answer.lost`)."""
        ...

    def accepted(self, parcel: Parcel, line: bytes, relay: str) -> None:
        """The same for `250 …` after the dot, the one answer that is worth a shorter way."""
        ...

    def put_back(self, parcel: Parcel, why: str) -> None:
        """The connection went before the message was handed over."""
        ...


class Feed(Source, Protocol):
    """What a carrier needs besides parcels: when to look again, and when to end."""

    wake: Callable[[], None]

    def turn(self, now: float) -> float:
        """Do what is to be done besides sending; the longest time to wait for the network, in seconds."""
        ...

    @property
    def wanting(self) -> int:
        """How many parcels could be begun with now."""
        ...

    @property
    def finished(self) -> bool:
        """Nothing is under way and nothing more will come."""
        ...

    def relay_away(self, why: RelayAway) -> None:
        """No relay can be reached now, and no connection is left."""
        ...

    def outgoing(self, parcel: Parcel) -> Outgoing:
        """The whole message, for carriers that do not speak SMTP."""
        ...


class Carrier(Protocol):
    """Runs a feed dry."""

    def carry(self, feed: Feed, size: int) -> None:
        """`size` is about that of a message in bytes."""
        ...
