"""One reader's message: the frozen pieces with this reader's values between them.

A reader costs one value per distinct slot and one join; nothing of MIME is looked at again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from operator import itemgetter
from typing import Any

from app.delivery.head import ADDRESS, DATE, SUBJECT, Facts, build_head
from app.delivery.headers import mailbox, split_mailbox, text_header
from app.delivery.letterhead import Letterhead
from app.delivery.message import Compiled, Piece, Use, write_value
from app.delivery.models import RecipientKind
from app.foundation.tokens import Purpose
from app.rendering.slots import clean_value
from app.subscribers.models import Function

FUNCTION_WORDS = {
    Function.CX: "customer experience",
    Function.SALES: "sales",
    Function.FINANCE: "finance",
    Function.LEGAL: "legal",
    Function.IT: "IT",
    Function.OPERATIONS: "operations",
    Function.PRODUCT: "product",
    Function.MARKETING: "marketing",
    Function.HR: "HR",
    Function.EXECUTIVE: "executive leadership",
    Function.OTHER: "",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """One leased delivery with what its message needs."""

    delivery_id: int
    attempt: int
    kind: RecipientKind
    recipient_id: int
    address: str
    first_name: str = ""
    function: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    queued_at: datetime | None = None

    @property
    def subscriber_id(self) -> int:
        """For the links on which a reader acts; 0 for an author or a correspondent."""
        return self.recipient_id if self.kind is RecipientKind.SUBSCRIBER else 0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready for the wire: CRLF lines, dots need no stuffing, the final dot is not included."""

    delivery_id: int
    attempt: int
    sender: str
    recipient: str
    head: bytes
    body: bytes

    @property
    def needs_utf8(self) -> bool:
        """A local part outside ASCII travels only with SMTPUTF8 (RFC 6531)."""
        return not self.recipient.isascii()


class Composer:
    """Composes the messages of one Edition."""

    def __init__(self, facts: Facts, compiled: Compiled, letterhead: Letterhead) -> None:
        self._letterhead = letterhead
        self._sender = split_mailbox(facts.sender)[1]
        self._date = _date(facts.date)
        self._subject = compiled.subject
        self._head = _Template(build_head(facts, compiled, letterhead))
        self._body = _Template(compiled.body)
        names = {use.name for use in (*self._head.uses, *self._body.uses)}
        self._tokens = [
            (name, make) for name, make in _tokens(letterhead, facts.topic_id).items() if name in names
        ]
        self._own = {name for name, _ in self._tokens}

    def compose(self, reader: Reader) -> Outgoing:
        """The message of one reader.

        Raises InvalidInput when a value is missing or cannot be written: this message is wrong, not the others.
        """
        values: dict[str, str] = {
            "first_name": reader.first_name,
            "email": reader.address,
            "function": FUNCTION_WORDS[Function(reader.function)] if reader.function else "",
        }
        for name, make in self._tokens:
            values[name] = make(reader)
        values.update((name, str(value)) for name, value in reader.slots.items())
        ready = {
            ADDRESS: mailbox("", reader.address),
            DATE: _date(reader.queued_at) if reader.queued_at else self._date,
        }
        if SUBJECT in self._head.uses:
            ready[SUBJECT] = text_header("Subject", self._fill_subject(values))
        return Outgoing(
            delivery_id=reader.delivery_id,
            attempt=reader.attempt,
            sender=self._envelope_sender(reader),
            recipient=reader.address,
            head=self._head.fill(values, ready),
            body=self._body.fill(values, ready),
        )

    def _fill_subject(self, values: dict[str, str]) -> str:
        return "".join(
            piece if isinstance(piece, str) else clean_value(values.get(piece.name, "")) or piece.fallback
            for piece in self._subject
        )

    def _envelope_sender(self, reader: Reader) -> str:
        """VERP: a bounce names its delivery by itself."""
        domain = self._letterhead.bounce_domain
        if not domain:
            return self._sender
        return f"bounce+{self._letterhead.signer.sign(Purpose.BOUNCE, reader.delivery_id)}@{domain}"


class _Template:
    """Constant pieces and slots; filling picks from one pool of both, so that it is one join in C."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._constants = [piece for piece in pieces if isinstance(piece, bytes)]
        self.uses = list(dict.fromkeys(piece for piece in pieces if isinstance(piece, Use)))
        place = {use: len(self._constants) + number for number, use in enumerate(self.uses)}
        constants = iter(range(len(self._constants)))
        order = [place[piece] if isinstance(piece, Use) else next(constants) for piece in pieces]
        self._pick: Callable[[list[bytes]], tuple[bytes, ...]] = itemgetter(*order, *order[:1])
        self._last = len(order)

    def fill(self, values: dict[str, str], ready: dict[Use, bytes]) -> bytes:
        filled = [
            ready[use] if use in ready else write_value(use, values.get(use.name, "")) for use in self.uses
        ]
        return b"".join(self._pick([*self._constants, *filled])[: self._last])


def _tokens(letterhead: Letterhead, topic_id: int) -> dict[str, Callable[[Reader], str]]:
    sign = letterhead.signer.sign
    return {
        "message_token": lambda reader: sign(Purpose.MESSAGE, reader.delivery_id),
        "delivery_token": lambda reader: sign(Purpose.DELIVERY, reader.delivery_id),
        "reply_token": lambda reader: sign(Purpose.REPLY, reader.delivery_id),
        "preferences_token": lambda reader: sign(Purpose.PREFERENCES, reader.subscriber_id),
        "unsubscribe_token": lambda reader: sign(
            Purpose.UNSUBSCRIBE, reader.subscriber_id, topic_id, reader.delivery_id
        ),
        "leave_token": lambda reader: sign(Purpose.LEAVE, reader.subscriber_id, topic_id, reader.delivery_id),
    }


def _date(instant: datetime) -> bytes:
    return format_datetime(instant.astimezone(UTC)).encode()
