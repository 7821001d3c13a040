"""A mail that was taken for a machine's and was a person's: shown with its first words, and taken into the inbox."""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.filing import file_reply, file_unproven
from app.conversation.inspecting import Inspection, inspect_mail
from app.conversation.models import InboundKind, InboundMail, Message
from app.conversation.proof import read_answered, read_proof, read_signed, written_to
from app.conversation.queries import put_aside
from app.conversation.receiving import read_raw
from app.delivery.models import Delivery, RecipientKind
from app.delivery.verp import SignedAddress, SignedKind
from app.foundation.errors import Conflict, Gone, NotFound
from app.foundation.paging import Page
from app.foundation.storage import Storage
from app.foundation.tokens import Signer

SHOWN: Final = 25
READ_MOST: Final = 256 * 1024
WORDS_MOST: Final = 240


@dataclass(frozen=True)
class Aside:
    """A mail put aside, as far as one must see it to know whether a person wrote it."""

    id: int
    received_at: datetime
    sender: str
    subject: str
    words: str


def list_aside(session: Session, storage: Storage, *, page: int = 1) -> Page[Aside]:
    """What was put aside, the newest first, with the words it brought."""
    mails = put_aside(session, page=page, per_page=SHOWN)
    return Page(
        tuple(_described(mail, storage) for mail in mails.items), mails.number, mails.per_page, mails.total
    )


def take_as_person(
    session: Session, now: datetime, inbound_id: int, *, storage: Storage, signer: Signer
) -> Message | None:
    """File a mail that was put aside as what a person wrote; None when the very mail is filed already.

    The signed address decides whose it is, as with any other mail. Nobody is sent an acknowledgement for it. Raises
    NotFound when no such mail is put aside, Gone when its bytes are no longer kept, Conflict for an author's own.
    """
    inbound = session.scalars(
        select(InboundMail)
        .where(InboundMail.id == inbound_id, InboundMail.kind == InboundKind.AUTO_REPLY)
        .with_for_update()
    ).one_or_none()
    if inbound is None:
        raise NotFound("There is no such mail put aside.", hint="It may be in the inbox already.")
    try:
        raw = read_raw(storage, inbound.storage_key)
    except NotFound:
        raise Gone("The mail itself is no longer kept.") from None
    found = replace(inspect_mail(raw), kind=InboundKind.REPLY)
    message = _file(session, now, inbound, found, raw, signer)
    inbound.kind = InboundKind.REPLY
    session.flush()
    return message


def _file(
    session: Session, now: datetime, inbound: InboundMail, found: Inspection, raw: bytes, signer: Signer
) -> Message | None:
    signed, key = _signed(inbound, found, signer), signer.key("address")
    delivery = session.get(Delivery, signed.delivery_id) if signed and signed.delivery_id else None
    if signed is None or delivery is None:
        return file_unproven(session, now, inbound, found, raw, key=key)
    if delivery.recipient_kind is RecipientKind.AUTHOR:
        raise Conflict(
            "This answers a mail to an author.", hint="Authors have no conversation with themselves."
        )
    return file_reply(session, now, inbound, delivery, found, raw, key=key, lane=signed.lane)


def _signed(inbound: InboundMail, found: Inspection, signer: Signer) -> SignedAddress | None:
    """The proof it came with. The address for returned mail is no address for answers, and whoever relayed the letter
    knows it: it proves nothing about who wrote."""
    signed = read_signed(signer, written_to(inbound, found))
    if signed is not None and signed.kind is SignedKind.REPLY:
        return signed
    proven = read_proof(signer, found) or read_answered(signer, found)
    return proven if proven is not None and proven.kind is SignedKind.REPLY else None


def _described(mail: InboundMail, storage: Storage) -> Aside:
    try:
        raw = _beginning(storage.get(mail.storage_key))
    except (NotFound, OSError, zlib.error):
        return Aside(mail.id, mail.received_at, mail.envelope_from, "", "")
    found = inspect_mail(raw)
    words = " ".join(found.text.split())
    short = words if len(words) <= WORDS_MOST else f"{words[:WORDS_MOST].rstrip()}…"
    return Aside(mail.id, mail.received_at, found.sender or mail.envelope_from, found.subject, short)


def _beginning(packed: bytes) -> bytes:
    """As much of a stored mail as the list shows words of; a mail of 30 MB is not unpacked for that."""
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed, READ_MOST)
