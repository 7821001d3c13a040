"""What came in by mail: the raw message first, then what we made of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey, enum_type


class InboundState(StrEnum):
    """A poison message is quarantined after three tries and shown."""

    RECEIVED = "received"
    DONE = "done"
    QUARANTINED = "quarantined"


class InboundKind(StrEnum):
    """What a mail turned out to be (contract: `handoff inbound --inspect`)."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    UNSUBSCRIBE = "unsubscribe"
    REPLY = "reply"
    OTHER = "other"


class Lane(StrEnum):
    """What sort of answer a reader wrote."""

    FEEDBACK = "feedback"
    STUCK = "stuck"
    HELLO = "hello"
    OTHER = "other"


class ThreadState(StrEnum):
    """Where a conversation stands for the author."""

    WAITING = "waiting"
    ANSWERED = "answered"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Direction(StrEnum):
    """Seen from us."""

    IN = "in"
    OUT = "out"


class InboundMail(Base):
    """A raw mail as it came, stored before anything is made of it; known by its bytes and its recipient."""

    __tablename__ = "inbound_mail"
    __table_args__ = (Index("ix_inbound_mail_state_received_at", "state", "received_at"),)

    id: Mapped[PrimaryKey]
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True, doc="SHA-256 of recipient and bytes")
    received_at: Mapped[datetime]
    via: Mapped[str] = mapped_column(String(16), doc="lmtp, imap, pipe or a provider's name")
    envelope_from: Mapped[str] = mapped_column(String(320), default="")
    envelope_to: Mapped[str] = mapped_column(String(320), default="")
    size: Mapped[int]
    storage_key: Mapped[str] = mapped_column(String(200))
    state: Mapped[InboundState] = mapped_column(enum_type(InboundState))
    kind: Mapped[InboundKind | None] = mapped_column(enum_type(InboundKind))
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")


class Thread(Base):
    """A conversation by mail with one reader."""

    __tablename__ = "thread"

    id: Mapped[PrimaryKey]
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL"), index=True
    )
    correspondent_id: Mapped[int | None] = mapped_column(ForeignKey("correspondent.id"))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"), doc="what they answered")
    subject: Mapped[str] = mapped_column(String(300), default="")
    lane: Mapped[Lane] = mapped_column(enum_type(Lane))
    state: Mapped[ThreadState] = mapped_column(enum_type(ThreadState), index=True)
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]


class Message(Base):
    """One mail of a thread, in or out."""

    __tablename__ = "message"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    direction: Mapped[Direction] = mapped_column(enum_type(Direction))
    at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(String(320), default="")
    message_id: Mapped[str] = mapped_column(String(998), default="", doc="RFC 5322 Message-ID, with brackets")
    inbound_mail_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_mail.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    text: Mapped[str] = mapped_column(Text, default="", doc="the reader's own words")


class MailboxPosition(Base):
    """How far a mailbox has been read. Its numbers hold only as long as its UIDVALIDITY does (RFC 3501, 2.3.1.1)."""

    __tablename__ = "mailbox_position"

    account: Mapped[str] = mapped_column(String(300), primary_key=True, doc="user, host and folder")
    uid_validity: Mapped[int]
    last_uid: Mapped[int]
    read_at: Mapped[datetime]
