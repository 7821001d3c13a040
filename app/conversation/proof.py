"""The proof a mail comes with: the signed address it was written to, or one of our own mails inside it.

Feedback loops write to the address registered with the provider, and some servers bounce to the From header. What
they return holds tokens that only we can have made, in the mail of exactly one reader. A bounce is believed only with
the token of its own door, which readers never see; a complaint with any of them, as whoever holds the mail may leave.
"""

import re
from typing import Final

from app.conversation.inspecting import Inspection
from app.conversation.models import InboundKind, InboundMail
from app.delivery.verp import SignedAddress, SignedKind, read_address
from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose, Signer

_ANSWERS: Final = frozenset({InboundKind.REPLY, InboundKind.OTHER, InboundKind.UNSUBSCRIBE})
_ADDRESS: Final = re.compile(r"[\w.+=-]{1,64}@[\w.-]{1,255}")
_UNSUBSCRIBE: Final = re.compile(r"/unsubscribe/([a-z2-7]{8,128})", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(r"<?([a-z2-7]{8,64})@", re.IGNORECASE)


def written_to(inbound: InboundMail, found: Inspection) -> tuple[str, ...]:
    """Where a mail was sent. The headers only say it when nobody kept the envelope, as in a mailbox read by IMAP."""
    return (inbound.envelope_to,) if inbound.envelope_to else found.addressed_to


def read_signed(signer: Signer, addresses: tuple[str, ...]) -> SignedAddress | None:
    """The first of these addresses that is a signed one of ours."""
    return next(filter(None, (read_address(signer, address) for address in addresses)), None)


def read_proof(signer: Signer, found: Inspection) -> SignedAddress | None:
    """The delivery a bounce or complaint is proved to be about, as if it had come to its bounce address."""
    for name, value in found.returned:
        for address in _ADDRESS.findall(value):
            signed = read_address(signer, address)
            if signed is None or not signed.delivery_id:
                continue
            if signed.kind is SignedKind.BOUNCE or found.kind is InboundKind.COMPLAINT:
                return SignedAddress(SignedKind.BOUNCE, delivery_id=signed.delivery_id)
        if found.kind is InboundKind.COMPLAINT and (delivery_id := _from_tokens(signer, name, value)):
            return SignedAddress(SignedKind.BOUNCE, delivery_id=delivery_id)
    return None


def read_answered(signer: Signer, found: Inspection) -> SignedAddress | None:
    """The delivery a person answers, by its signed Message-ID: for mailboxes of people, where no address is ours."""
    if found.kind not in _ANSWERS:
        return None
    direct = found.answers[:1] if found.kind is InboundKind.UNSUBSCRIBE else found.answers
    for value in direct:
        if delivery_id := _from_tokens(signer, "message-id", value):
            return SignedAddress(SignedKind.REPLY, delivery_id=delivery_id)
    return None


def read_clue(signer: Signer, clue: str) -> int:
    """The delivery a value belongs to that a proved provider gives us (envelope sender, Message-ID, …); 0 for none."""
    for address in _ADDRESS.findall(clue):
        signed = read_address(signer, address)
        if signed is not None and signed.delivery_id:
            return signed.delivery_id
    return _from_tokens(signer, "list-unsubscribe", clue) or _from_tokens(signer, "message-id", clue)


def _from_tokens(signer: Signer, name: str, value: str) -> int:
    """The delivery that the unsubscribe link or the Message-ID of a returned mail belongs to; 0 for none."""
    try:
        if name == "list-unsubscribe" and (link := _UNSUBSCRIBE.search(value)):
            return signer.read(Purpose.UNSUBSCRIBE, link.group(1).lower(), 3)[2]
        if name == "message-id" and (message := _MESSAGE_ID.match(value.strip())):
            return signer.read(Purpose.REPLY, message.group(1).lower(), 1)[0]
    except NotFound:
        return 0
    return 0
