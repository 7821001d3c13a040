"""Mail put through the same door as any other, for tests about what is made of it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.models import InboundKind, Message, Thread
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.models import Delivery
from app.delivery.verp import reply_address
from app.wiring import Runtime
from tests.conversation.letters import answer

DOMAIN = "reply.example.com"


def take_in(
    runtime: Runtime, session: Session, now: datetime, raw: bytes, recipient: str
) -> InboundKind | None:
    """Stored, registered, processed: what it was found to be."""
    key = keep_raw(runtime.storage, raw)
    received = register_raw(session, now, Envelope("lmtp", "", recipient), raw=raw, storage_key=key)
    return process_inbound(session, now, received.inbound_id, storage=runtime.storage, signer=runtime.signer)


def reply_to(
    runtime: Runtime, session: Session, now: datetime, delivery: Delivery, raw: bytes | str
) -> Thread:
    """A reader answers a delivery; the thread it is in."""
    mail = raw if isinstance(raw, bytes) else answer(raw)
    take_in(runtime, session, now, mail, reply_address(runtime.signer, DOMAIN, delivery.id))
    session.flush()
    message = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    return session.get_one(Thread, message.thread_id)


def mail_from(sender: str, subject: str, text: str, *, more: str = "", number: int = 1) -> bytes:
    """A person's plain mail that answers nothing."""
    return (
        f"From: {sender}\r\nTo: Mark <mark@letters.example.com>\r\nSubject: {subject}\r\n"
        f"Message-ID: <mail-{number}@example.org>\r\n{more}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()
