"""One reader's message: the frozen pieces with this reader's values between them.

A reader costs one value per distinct slot and one join; nothing of MIME is looked at again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from app.delivery.dkim import Seal, canonical_value
from app.delivery.head import ADDRESS, DATE, SUBJECT, Facts, build_head, canonical_head
from app.delivery.headers import is_addr_spec, split_mailbox, text_header
from app.delivery.letterhead import Letterhead
from app.delivery.message import Compiled, Piece, Use, write_value
from app.delivery.models import RecipientKind
from app.delivery.splicing import splicer
from app.delivery.verp import ReplyLane
from app.foundation.errors import InvalidInput
from app.foundation.tokens import Purpose, pack, pack_each
from app.rendering.slots import clean_value
from app.subscribers.models import Function

MOST_REMEMBERED = 8192

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


class Reader(NamedTuple):
    """One leased delivery with what its message needs."""

    delivery_id: int
    attempt: int
    kind: RecipientKind
    recipient_id: int
    address: str
    first_name: str = ""
    function: str | None = None
    slots: dict[str, Any] | None = None
    queued_at: datetime | None = None

    @property
    def subscriber_id(self) -> int:
        """For the links on which a reader acts; 0 for an author or a correspondent."""
        return self.recipient_id if self.kind == RecipientKind.SUBSCRIBER else 0


class Letter:
    """One reader's values, ready to be spliced; `problem` says why this one cannot be written."""

    __slots__ = ("attempt", "composer", "delivery_id", "problem", "recipient", "sender", "values")

    def __init__(self, reader: Reader, sender: bytes, values: tuple[bytes, ...], problem: str = "") -> None:
        self.delivery_id = reader.delivery_id
        self.attempt = reader.attempt
        self.recipient = reader.address
        self.sender = sender
        self.values = values
        self.problem = problem
        self.composer: Composer | None = None
        """Who writes it, where a letter has words for some functions."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One whole message: CRLF lines, dots need no stuffing, the final dot is not included."""

    delivery_id: int
    attempt: int
    sender: str
    recipient: str
    head: bytes
    body: bytes


class Composer:
    """Composes the messages of one Edition."""

    def __init__(self, facts: Facts, compiled: Compiled, letterhead: Letterhead) -> None:
        self._letterhead = letterhead
        self._variants = {name: Composer(facts, each, letterhead) for name, each in compiled.variants}
        self._topic_id = facts.topic_id
        # A machine's answer must never be answered by another machine (RFC 3834, 3.3).
        self._sender = b"" if facts.auto_replied else split_mailbox(facts.sender)[1].encode()
        self._date = _date(facts.date)
        self._subject = compiled.subject
        head = build_head(facts, compiled, letterhead)
        pieces: list[Piece] = [*head, *compiled.body]
        self._uses = tuple(dict.fromkeys(piece for piece in pieces if isinstance(piece, Use)))
        self._whole = splicer(pieces, self._uses)
        self._head, self._body = splicer(head, self._uses), splicer(compiled.body, self._uses)
        self._subject_slots = tuple(piece.name for piece in compiled.subject if isinstance(piece, Use))
        self._remembered = {
            use: _Remembered(self._write_subject if use == SUBJECT else partial(_write_one, use))
            for use in self._uses
        }
        self._seal: Seal | None = None
        if letterhead.dkim:
            names, signed = canonical_head(head)
            self._seal = Seal(letterhead.dkim, names)
            self._signed = splicer(signed, self._uses)
            self._subject_at = self._uses.index(SUBJECT) if SUBJECT in self._uses else -1
        self.size = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
        """Bytes of a message without its readers' values."""
        self._most_uses = max(Counter(piece for piece in pieces if isinstance(piece, Use)).values())
        for each in self._variants.values():
            self.size = max(self.size, each.size)
            self._most_uses = max(self._most_uses, each._most_uses)

    def prepare(self, readers: Sequence[Reader]) -> list[Letter]:
        """A Letter for each reader. One that cannot be written says so in `problem` and keeps nobody else back."""
        if self._variants:
            return self._prepare_variants(readers)
        return self._prepare_all(readers)

    def _prepare_variants(self, readers: Sequence[Reader]) -> list[Letter]:
        """Each reader's letter by the Composer of their function, in the readers' order."""
        places: dict[Composer, list[int]] = {}
        for at, reader in enumerate(readers):
            places.setdefault(self._variants.get(reader.function or "", self), []).append(at)
        letters: dict[int, Letter] = {}
        for composer, mine in places.items():
            for at, letter in zip(mine, composer._prepare_all([readers[at] for at in mine]), strict=True):
                letter.composer = composer
                letters[at] = letter
        return [letters[at] for at in range(len(readers))]

    def _prepare_all(self, readers: Sequence[Reader]) -> list[Letter]:
        try:
            return self._prepare(readers)
        except InvalidInput as error:
            if len(readers) == 1:
                return [Letter(readers[0], b"", (), str(error))]
            middle = len(readers) // 2
            return self._prepare_all(readers[:middle]) + self._prepare_all(readers[middle:])

    def pieces(self, letter: Letter) -> tuple[bytes, ...]:
        """The message in pieces, for one join together with whatever else goes out with it."""
        if letter.composer is not None and letter.composer is not self:
            return letter.composer.pieces(letter)
        if self._seal is None:
            return self._whole(letter.values)
        body = b"".join(self._body(letter.values))
        seal = self._seal.lines(self._signed_headers(letter), body)
        return (b"".join((seal, *self._head(letter.values))), body)

    def _signed_headers(self, letter: Letter) -> bytes:
        values = letter.values
        at = self._subject_at
        if at >= 0 and b"\r" in values[at]:
            values = (*values[:at], canonical_value(values[at]), *values[at + 1 :])
        return b"".join(self._signed(values))

    def compose(self, letter: Letter) -> Outgoing:
        """The whole message. Raises InvalidInput when it has a problem."""
        if letter.problem:
            raise InvalidInput(letter.problem)
        if letter.composer is not None and letter.composer is not self:
            return letter.composer.compose(letter)
        head, body = b"".join(self._head(letter.values)), b"".join(self._body(letter.values))
        if self._seal is not None:
            head = self._seal.lines(self._signed_headers(letter), body) + head
        return Outgoing(
            delivery_id=letter.delivery_id,
            attempt=letter.attempt,
            sender=letter.sender.decode(),
            recipient=letter.recipient,
            head=head,
            body=body,
        )

    def longest(self, letter: Letter) -> int:
        """No fewer bytes than this letter's message has; exact sizes would cost as much as sending."""
        return self.size + self._most_uses * sum(map(len, letter.values))

    def compose_for(self, reader: Reader) -> Outgoing:
        """One reader's whole message, for previews. Raises InvalidInput."""
        return self.compose(self.prepare([reader])[0])

    def _prepare(self, readers: Sequence[Reader]) -> list[Letter]:
        deliveries = pack_each([reader.delivery_id for reader in readers])
        tokens = self._tokens(readers, deliveries)
        rows = zip(*[self._column(use, readers, tokens) for use in self._uses], strict=True)
        domain = b"@" + self._letterhead.bounce_domain.encode()
        if domain == b"@":
            return [Letter(reader, self._sender, row) for reader, row in zip(readers, rows, strict=True)]
        verp = self._letterhead.signer.sign_many(Purpose.BOUNCE, deliveries)
        return list(map(Letter, readers, [b"bounce+" + token + domain for token in verp], rows))

    def _tokens(self, readers: Sequence[Reader], deliveries: list[bytes]) -> dict[str, list[bytes]]:
        """The tokens we sign ourselves, by slot name, for those slots that occur."""
        sign = self._letterhead.signer.sign_many
        wanted = {use.name for use in self._uses}
        signed = {name: sign(purpose, deliveries) for name, purpose in _BY_DELIVERY.items() if name in wanted}
        for name in wanted & _BY_LANE.keys():
            signed[name] = sign(Purpose.REPLY, [delivery + _BY_LANE[name] for delivery in deliveries])
        people = pack_each([reader.subscriber_id for reader in readers])
        if "preferences_token" in wanted:
            signed["preferences_token"] = sign(Purpose.PREFERENCES, people)
        if wanted & _BY_PLACE.keys():
            topic = pack(self._topic_id)
            places = [person + topic + delivery for person, delivery in zip(people, deliveries, strict=True)]
            signed |= {name: sign(purpose, places) for name, purpose in _BY_PLACE.items() if name in wanted}
        return signed

    def _column(self, use: Use, readers: Sequence[Reader], tokens: dict[str, list[bytes]]) -> Sequence[bytes]:
        """One slot's value for each reader. Raises InvalidInput for a value that cannot be written."""
        if use == ADDRESS:
            return _addresses([reader.address for reader in readers])
        if use == DATE:
            return [_date(reader.queued_at) if reader.queued_at else self._date for reader in readers]
        signed = tokens.get(use.name)
        if signed is not None:
            return signed
        names = self._subject_slots if use == SUBJECT else (use.name,)
        remembered = self._remembered[use]
        given = [_values(name, readers) for name in names]
        return [remembered[values] for values in zip(*given, strict=True)]

    def _write_subject(self, values: tuple[str, ...]) -> bytes:
        own = iter(values)
        words = [
            piece if isinstance(piece, str) else clean_value(next(own)) or piece.fallback
            for piece in self._subject
        ]
        return text_header("Subject", "".join(words))[len("Subject: ") : -2]


class _Remembered(dict[tuple[str, ...], bytes]):
    """What was written for the same values before: first names repeat, and so do functions."""

    def __init__(self, write: Callable[[tuple[str, ...]], bytes]) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, values: tuple[str, ...]) -> bytes:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        written = self[values] = self._write(values)
        return written


_BY_DELIVERY = {
    "delivery_token": Purpose.DELIVERY,
    "reply_token": Purpose.REPLY,
}
_BY_LANE = {f"{lane.name.lower()}_token": pack(lane) for lane in ReplyLane}
_BY_PLACE = {"unsubscribe_token": Purpose.UNSUBSCRIBE, "leave_token": Purpose.LEAVE}


def _addresses(addresses: list[str]) -> list[bytes]:
    for address in addresses:
        if not is_addr_spec(address):
            raise InvalidInput(f"{address!r} cannot stand in a header.", field="address")
    return [address.encode() for address in addresses]


def _write_one(use: Use, values: tuple[str, ...]) -> bytes:
    return write_value(use, values[0])


def _values(name: str, readers: Sequence[Reader]) -> list[str]:
    """One slot's own value of each reader."""
    if name == "first_name" and not any(map(_SLOTS, readers)):
        return list(map(_FIRST_NAME, readers))
    return [value_of(name, reader) for reader in readers]


_SLOTS, _FIRST_NAME = attrgetter("slots"), attrgetter("first_name")


def value_of(name: str, reader: Reader) -> str:
    """A reader's own value; what was given with the delivery goes before what the subscriber's row says."""
    if reader.slots and name in reader.slots:
        return str(reader.slots[name])
    if name == "first_name":
        return reader.first_name
    if name == "email":
        return reader.address
    if name == "function" and reader.function:
        return FUNCTION_WORDS[Function(reader.function)]
    return ""


def _date(instant: datetime) -> bytes:
    return format_datetime(instant.astimezone(UTC)).encode()
