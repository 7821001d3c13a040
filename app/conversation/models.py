"""What came in by mail: the raw message first, then what we made of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, false
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


class Proof(StrEnum):
    """How we know whose words a mail holds."""

    TOKEN = "token"  # noqa: S105  (a signed address or a signed Message-ID of ours)
    SENDER = "sender"


class LaneBy(StrEnum):
    """Who put a thread into its lane."""

    ADDRESS = "address"
    WORDS = "words"
    AUTHOR = "author"


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
    __table_args__ = (Index("ix_thread_state_last_at", "state", "last_at"),)

    id: Mapped[PrimaryKey]
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL"), index=True
    )
    correspondent_id: Mapped[int | None] = mapped_column(ForeignKey("correspondent.id"), index=True)
    edition_id: Mapped[int | None] = mapped_column(
        ForeignKey("edition.id"), index=True, doc="what they answered"
    )
    subject: Mapped[str] = mapped_column(String(300), default="")
    lane: Mapped[Lane] = mapped_column(enum_type(Lane))
    lane_by: Mapped[LaneBy] = mapped_column(
        enum_type(LaneBy), default=LaneBy.WORDS, server_default=LaneBy.WORDS.value
    )
    lane_certainty: Mapped[int] = mapped_column(default=0, server_default="0", doc="per cent")
    lane_reasons: Mapped[str] = mapped_column(Text, default="", server_default="", doc="one a line")
    state: Mapped[ThreadState] = mapped_column(enum_type(ThreadState), index=True)
    unread: Mapped[bool] = mapped_column(default=False, server_default=false())
    snoozed_until: Mapped[datetime | None] = mapped_column(index=True)
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    answered_at: Mapped[datetime | None] = mapped_column(doc="the first answer")


class Message(Base):
    """One mail of a thread, in or out."""

    __tablename__ = "message"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    direction: Mapped[Direction] = mapped_column(enum_type(Direction))
    at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(
        String(320), default="", doc="what From claimed; for ours, who it went to"
    )
    proof: Mapped[Proof] = mapped_column(
        enum_type(Proof), default=Proof.TOKEN, server_default=Proof.TOKEN.value
    )
    message_id: Mapped[str] = mapped_column(
        String(998), default="", index=True, doc="RFC 5322 Message-ID, with brackets"
    )
    earlier_ids: Mapped[str] = mapped_column(
        Text, default="", server_default="", doc="Message-IDs it says it answers, the nearest first"
    )
    inbound_mail_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_mail.id"), index=True)
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery.id"), index=True, doc="ours: how it was sent; theirs: what it answers"
    )
    occasion: Mapped[str | None] = mapped_column(
        String(64), unique=True, doc="ours: of the form it was sent with, so that it cannot be sent twice"
    )
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text, default="", doc="the reader's own words; ours as Markdown")


class Attachment(Base):
    """What came with a mail. The bytes stay in the raw mail and are taken out of it when somebody asks."""

    __tablename__ = "attachment"

    id: Mapped[PrimaryKey]
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), index=True)
    part: Mapped[int] = mapped_column(doc="which part of the mail, counted as Mail.parts() walks them")
    name: Mapped[str] = mapped_column(String(120))
    claimed: Mapped[str] = mapped_column(String(120), doc="the type its sender gave")
    kind: Mapped[str] = mapped_column(String(60), doc="what its bytes say, see conversation.sniffing")
    size: Mapped[int]
    warning: Mapped[str] = mapped_column(String(200), default="")
    is_picture: Mapped[bool] = mapped_column(default=False)


class MailboxPosition(Base):
    """How far a mailbox has been read. Its numbers hold only as long as its UIDVALIDITY does (RFC 3501, 2.3.1.1)."""

    __tablename__ = "mailbox_position"

    account: Mapped[str] = mapped_column(String(300), primary_key=True, doc="user, host and folder")
    uid_validity: Mapped[int]
    last_uid: Mapped[int]
    read_at: Mapped[datetime]
