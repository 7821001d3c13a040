"""The one funnel: raw mail is stored before anything is made of it, whichever way it came in.

The same bytes for the same recipient are one mail, so a server that lost our answer may send it again (S20, F30).
"""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.conversation.models import InboundMail, InboundState
from app.foundation.errors import InvalidInput
from app.foundation.jobs import ring_after_commit
from app.foundation.storage import Storage

MAX_MAIL_BYTES = 30 * 1024 * 1024
"""What every way in accepts; Gmail, the most generous of the big ones, takes 25 MB."""


@dataclass(frozen=True)
class Envelope:
    """How a mail came: `via` is lmtp, smtp, imap, pipe or a provider's name; the addresses may be empty."""

    via: str
    sender: str = ""
    recipient: str = ""


@dataclass(frozen=True)
class Received:
    """`is_new` is False for a mail that was here already."""

    inbound_id: int
    is_new: bool


def keep_raw(storage: Storage, raw: bytes) -> str:
    """Put the bytes into storage, compressed and named by their own hash; durable when it returns.

    Raises InvalidInput for mail that is empty or larger than we take, Unavailable when it cannot be stored.
    """
    if not raw.strip():
        raise InvalidInput("There is no mail in this.", field="mail")
    if len(raw) > MAX_MAIL_BYTES:
        raise InvalidInput(
            f"The mail has {len(raw):,} bytes; we take at most {MAX_MAIL_BYTES:,}.", field="mail"
        )
    digest = hashlib.sha256(raw).hexdigest()
    key = f"inbound/{digest[:2]}/{digest}.eml.gz"
    if not storage.exists(key):
        storage.put(key, gzip.compress(raw, compresslevel=6, mtime=0))
    return key


def read_raw(storage: Storage, key: str) -> bytes:
    """The bytes as they came."""
    return gzip.decompress(storage.get(key))


def register_raw(
    session: Session, now: datetime, envelope: Envelope, *, raw: bytes, storage_key: str
) -> Received:
    """Write the row of a mail that `keep_raw` has stored, and ask for it to be processed after the commit."""
    fingerprint = fingerprint_of(envelope.recipient, raw)
    known = session.scalar(select(InboundMail.id).where(InboundMail.fingerprint == fingerprint))
    if known is not None:
        return Received(known, is_new=False)
    mail = InboundMail(
        fingerprint=fingerprint,
        received_at=now,
        via=envelope.via[:16],
        envelope_from=envelope.sender[:320],
        envelope_to=envelope.recipient[:320],
        size=len(raw),
        storage_key=storage_key,
        state=InboundState.RECEIVED,
    )
    try:
        with session.begin_nested():
            session.add(mail)
    except IntegrityError:  # somebody was a moment faster
        known = session.scalars(select(InboundMail.id).where(InboundMail.fingerprint == fingerprint)).one()
        return Received(known, is_new=False)
    ring_after_commit(session, "inbound.process", mail.id)
    return Received(mail.id, is_new=True)


def fingerprint_of(recipient: str, raw: bytes) -> str:
    """SHA-256 of recipient and bytes; the case of an address does not make it another mail."""
    return hashlib.sha256(recipient.casefold().encode("utf-8", "replace") + b"\0" + raw).hexdigest()
