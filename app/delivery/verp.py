"""Addresses of our own that say by themselves what a mail coming back is about.

`bounce+<token>@` is the envelope sender (VERP), `reply+<token>@` the Reply-To and, with a lane in
its token, one of the three links of an answer, `leave+<token>@` the mailto of
List-Unsubscribe. The token is signed, so that a stranger's mail naming a reader proves nothing (A43, A48), and the
local part stays within the 64 octets of RFC 5321 4.5.3.1.1.
"""

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose, Signer

MAX_LOCAL = 64

_SHAPE = re.compile(r"(bounce|reply|leave|clip)\+([a-z2-7]{8,60})", re.IGNORECASE)


class SignedKind(StrEnum):
    """What the mailbox in front of the `+` is for."""

    BOUNCE = "bounce"
    REPLY = "reply"
    LEAVE = "leave"
    CLIP = "clip"


class ReplyLane(IntEnum):
    """Which of the three links of a letter an answer came by. The numbers stand in signed addresses: never change."""

    FEEDBACK = 1
    STUCK = 2
    HELLO = 3


_NUMBERS = {SignedKind.BOUNCE: 1, SignedKind.REPLY: 1, SignedKind.LEAVE: 3, SignedKind.CLIP: 1}
_PURPOSE = {
    SignedKind.BOUNCE: Purpose.BOUNCE,
    SignedKind.REPLY: Purpose.REPLY,
    SignedKind.LEAVE: Purpose.LEAVE,
    SignedKind.CLIP: Purpose.CLIP,
}


@dataclass(frozen=True)
class SignedAddress:
    """A proven address of ours. `delivery_id` is 0 where the token carries none, `lane` None for a plain reply."""

    kind: SignedKind
    delivery_id: int = 0
    subscriber_id: int = 0
    topic_id: int = 0
    author_id: int = 0
    lane: ReplyLane | None = None


def bounce_address(signer: Signer, domain: str, delivery_id: int) -> str:
    """The envelope sender of one delivery."""
    return _address("bounce", signer.sign(Purpose.BOUNCE, delivery_id), domain)


def reply_address(signer: Signer, domain: str, delivery_id: int, lane: ReplyLane | None = None) -> str:
    """Where an answer to one delivery goes; with a lane, the answer that the reader chose a link for."""
    numbers = (delivery_id,) if lane is None else (delivery_id, lane)
    return _address("reply", signer.sign(Purpose.REPLY, *numbers), domain)


def leave_address(signer: Signer, domain: str, subscriber_id: int, topic_id: int, delivery_id: int) -> str:
    """The mailto of List-Unsubscribe; `topic_id` 0 means every topic."""
    return _address("leave", signer.sign(Purpose.LEAVE, subscriber_id, topic_id, delivery_id), domain)


def clip_address(signer: Signer, domain: str, author_id: int) -> str:
    """Where an author sends what is to be clipped."""
    return _address("clip", signer.sign(Purpose.CLIP, author_id), domain)


def read_address(signer: Signer, address: str) -> SignedAddress | None:
    """What an address proves; None when it is not one of ours, was altered, or never carried a token.

    Tokens survive a mail server that changes the case of local parts.
    """
    found = _SHAPE.fullmatch(address.strip().strip("<>").rpartition("@")[0])
    if found is None:
        return None
    kind, token = SignedKind(found.group(1).lower()), found.group(2).lower()
    try:
        numbers = signer.read(_PURPOSE[kind], token, _NUMBERS[kind])
    except NotFound:
        return _read_lane(signer, token) if kind is SignedKind.REPLY else None
    if kind is SignedKind.LEAVE:
        return SignedAddress(kind, subscriber_id=numbers[0], topic_id=numbers[1], delivery_id=numbers[2])
    if kind is SignedKind.CLIP:
        return SignedAddress(kind, author_id=numbers[0])
    return SignedAddress(kind, delivery_id=numbers[0])


def _read_lane(signer: Signer, token: str) -> SignedAddress | None:
    try:
        delivery_id, lane = signer.read(Purpose.REPLY, token, 2)
        return SignedAddress(SignedKind.REPLY, delivery_id=delivery_id, lane=ReplyLane(lane))
    except (NotFound, ValueError):
        return None


def claims_signature(address: str) -> bool:
    """True for an address shaped like a signed one, whether or not its token is ours."""
    return _SHAPE.fullmatch(address.strip().strip("<>").rpartition("@")[0]) is not None


def _address(kind: str, token: str, domain: str) -> str:
    local = f"{kind}+{token}"
    if len(local) > MAX_LOCAL:
        raise ValueError(f"{local} is longer than a local part may be")
    return f"{local}@{domain}"
