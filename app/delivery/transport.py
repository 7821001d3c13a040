"""What carries messages away. Four verbs are all a transport needs; SMTP is the one of production."""

from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.delivery.answers import Answer, Step
from app.delivery.composing import Outgoing
from app.foundation.errors import Misconfigured, Unavailable
from app.foundation.settings import Settings

_PORTS: Final = {"implicit": 465, "starttls": 587, "none": 25}


class RelayAway(Unavailable):
    """No connection to the relay; nothing was handed over. `answer` holds its words when it spoke at all."""

    def __init__(self, message: str, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.answer = answer


class Transport(Protocol):
    """`send` blocks until the relay has answered for this message."""

    @property
    def name(self) -> str:
        """For the ledger: where it went."""
        ...

    def open(self) -> None:
        """Be ready to send. Raises RelayAway."""
        ...

    def send(self, message: Outgoing) -> Answer:
        """Hand one message over and wait for the answer; `Answer.lost` when it may have gone and none came.

        Raises RelayAway when it certainly was not handed over.
        """
        ...

    def close(self) -> None:
        """Say goodbye; never raises."""
        ...


@dataclass(frozen=True)
class Relay:
    """One SMTP server to hand mail to."""

    host: str
    port: int
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    weight: int = 1

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


def parse_relays(value: str) -> tuple[Relay, ...]:
    """Relays of `smtp://user:password@host:port?tls=starttls|implicit|none&weight=1`, separated by commas.

    Raises Misconfigured.
    """
    return tuple(_parse_relay(part.strip()) for part in value.split(",") if part.strip())


def relays_of(settings: Settings) -> tuple[Relay, ...]:
    """The relays in force: those given, or the development catcher where it is allowed. Raises Misconfigured."""
    relays = parse_relays(settings.smtp_url)
    if relays:
        return relays
    if settings.catcher_allowed:
        return (Relay("127.0.0.1", settings.catcher_port, tls="none"),)
    raise Misconfigured("is not set, so there is nowhere to send to", field="HANDOFF_SMTP_URL")


@dataclass
class MemoryTransport:
    """Keeps what it is given, for tests; `answers` says what to reply to whom instead of 250."""

    sent: list[Outgoing] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    away: bool = False
    name: str = "memory"

    def open(self) -> None:
        if self.away:
            raise RelayAway("memory refuses connections")

    def send(self, message: Outgoing) -> Answer:
        answer = self.answers.get(message.recipient)
        if answer is None:
            self.sent.append(message)
        return answer or Answer(Step.DOT, 250, "2.0.0 kept", self.name)

    def close(self) -> None:
        return


def _parse_relay(url: str) -> Relay:
    try:
        parts = urlsplit(url)
        query = {
            key: values[-1] for key, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()
        }
        tls = query.pop("tls", "implicit" if parts.scheme == "smtps" else "starttls")
        weight = int(query.pop("weight", "1"))
        port = parts.port or _PORTS[tls]
    except (ValueError, KeyError) as error:
        raise _misconfigured(url) from error
    if (
        parts.scheme not in {"smtp", "smtps"}
        or not parts.hostname
        or query
        or tls not in _PORTS
        or weight < 1
    ):
        raise _misconfigured(url)
    return Relay(
        host=parts.hostname,
        port=port,
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        weight=weight,
    )


def _misconfigured(url: str) -> Misconfigured:
    shown = url.rpartition("@")[2]  # never the password
    return Misconfigured(
        f"{shown!r} is not a relay",
        field="HANDOFF_SMTP_URL",
        hint="Write smtp://user:password@host:port?tls=starttls|implicit|none&weight=1, commas between several.",
    )
