"""Editions and the ledger: who is to get what, who works on it, and every answer ever heard.

A Delivery is written once, when its Edition opens. Work is leased by Chunk (owner, fence, expiry). Every answer is
an appended Outcome; a delivery's state is its last outcome, or else the state of its chunk.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey, enum_type


class EditionClass(StrEnum):
    """Which rules stop it: bulk needs consent, requested only no suppression, see promise 4."""

    BULK = "bulk"
    REQUESTED = "requested"
    PERSONAL = "personal"
    AUTHOR = "author"


class EditionState(StrEnum):
    """`open` accepts deliveries for ever (requested mail); the others are the life of one bulk send."""

    OPEN = "open"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class RecipientKind(StrEnum):
    """Whose table `recipient_id` points into."""

    SUBSCRIBER = "s"
    AUTHOR = "a"
    CORRESPONDENT = "c"


class ChunkState(StrEnum):
    """A chunk is leased by one owner at a time."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"


class OutcomeState(StrEnum):
    """What we know after an attempt."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXCLUDED = "excluded"


class Exclusion(StrEnum):
    """Why somebody of the frozen audience is not mailed."""

    SUPPRESSED = "suppressed"
    UNVERIFIED = "unverified"
    LEFT = "left"
    ERASED = "erased"
    STOPPED = "stopped"


class Edition(Base):
    """One mail, frozen: compiled once, with merge slots."""

    __tablename__ = "edition"

    id: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(String(120), unique=True, doc="e.g. issue:7 or confirm:<content hash>")
    edition_class: Mapped[EditionClass] = mapped_column(enum_type(EditionClass))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    subject: Mapped[str] = mapped_column(String(998))
    sender: Mapped[str] = mapped_column(String(500), doc="the From header's value")
    reply_to: Mapped[str] = mapped_column(String(500), default="")
    frozen: Mapped[bytes] = mapped_column(LargeBinary, doc="the compiled message, see delivery.message")
    state: Mapped[EditionState] = mapped_column(enum_type(EditionState))
    pause_reason: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[int] = mapped_column(default=0, doc="frozen at publication, excluded people included")
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Correspondent(Base):
    """An address we answer or forward to that is neither a subscriber nor an author."""

    __tablename__ = "correspondent"

    id: Mapped[PrimaryKey]
    address: Mapped[str] = mapped_column(String(320))
    canonical: Mapped[str] = mapped_column(String(320), unique=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(160), default="")
    created_at: Mapped[datetime]


class Delivery(Base):
    """One Edition to one Recipient on one occasion. A retry keeps the occasion, a resend opens a new one."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("edition_id", "recipient_id", "recipient_kind", "occasion"),
        Index("ix_delivery_edition_id_chunk_no", "edition_id", "chunk_no"),
        Index("ix_delivery_recipient", "recipient_kind", "recipient_id"),
    )

    id: Mapped[PrimaryKey]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    recipient_kind: Mapped[RecipientKind] = mapped_column(enum_type(RecipientKind))
    recipient_id: Mapped[int]
    occasion: Mapped[str] = mapped_column(String(64), default="")
    chunk_no: Mapped[int | None] = mapped_column(doc="null: excluded at opening")
    attempt: Mapped[int] = mapped_column(SmallInteger, default=1)
    exclusion: Mapped[Exclusion | None] = mapped_column(enum_type(Exclusion))
    slots: Mapped[dict[str, Any] | None] = mapped_column(JSON, doc="this reader's own values, by slot name")


class Chunk(Base):
    """At most 500 deliveries that one worker leases, sends and closes; counters are exact once it is done."""

    __tablename__ = "chunk"
    __table_args__ = (
        UniqueConstraint("edition_id", "no"),
        Index("ix_chunk_state_not_before", "state", "not_before"),
    )

    id: Mapped[PrimaryKey]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    no: Mapped[int]
    size: Mapped[int]
    state: Mapped[ChunkState] = mapped_column(enum_type(ChunkState))
    not_before: Mapped[datetime | None] = mapped_column(doc="a retry waits until then")
    owner: Mapped[str] = mapped_column(String(80), default="")
    fence: Mapped[int] = mapped_column(
        default=0, doc="grows with every lease; a stale owner's writes carry an old one"
    )
    lease_until: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    accepted: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    deferred: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failed: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    uncertain: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    excluded: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Outcome(Base):
    """What became of one attempt; appended, never changed."""

    __tablename__ = "outcome"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    state: Mapped[OutcomeState] = mapped_column(enum_type(OutcomeState))
    at: Mapped[datetime]
    code: Mapped[int | None] = mapped_column(SmallInteger, doc="SMTP reply code")
    enhanced: Mapped[str] = mapped_column(String(12), default="", doc="RFC 3463 status")
    reply: Mapped[str] = mapped_column(String(500), default="", doc="the relay's words, cut")
    relay: Mapped[str] = mapped_column(String(200), default="")
    retry_at: Mapped[datetime | None]


class BounceSource(StrEnum):
    """Where the verdict came from."""

    SMTP = "smtp"
    DSN = "dsn"
    WEBHOOK = "webhook"


class BounceClass(StrEnum):
    """Hard suppresses at once, soft after several, policy never (it is not about the address)."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"


class Bounce(Base):
    """One piece of bad news about one delivery, de-duplicated by `fingerprint`."""

    __tablename__ = "bounce"

    id: Mapped[PrimaryKey]
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    source: Mapped[BounceSource] = mapped_column(enum_type(BounceSource))
    bounce_class: Mapped[BounceClass] = mapped_column(enum_type(BounceClass))
    reason: Mapped[str] = mapped_column(String(64), default="")
    status: Mapped[str] = mapped_column(String(12), default="", doc="RFC 3463")
    evidence: Mapped[str] = mapped_column(Text, default="")
    raw_key: Mapped[str] = mapped_column(String(200), default="", doc="storage key of the mail itself")
