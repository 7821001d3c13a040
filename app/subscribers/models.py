"""Readers, what they asked for, the evidence, and who must not be mailed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey, enum_type


class SubscriberState(StrEnum):
    """Has the address been proved to belong to the person who gave it?"""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"


class Function(StrEnum):
    """The part of the organisation a reader works in; the guide has a chapter for most."""

    CX = "cx"
    SALES = "sales"
    FINANCE = "finance"
    LEGAL = "legal"
    IT = "it"
    OPERATIONS = "operations"
    PRODUCT = "product"
    MARKETING = "marketing"
    HR = "hr"
    EXECUTIVE = "executive"
    OTHER = "other"


class TopicKind(StrEnum):
    """What sort of thing one can subscribe to."""

    LETTER = "letter"
    LINKS = "links"
    FOLLOWUPS = "followups"
    SERIES = "series"


class SubscriptionState(StrEnum):
    """`none` is the absence of a row."""

    ON = "on"
    LEFT = "left"


class ConsentAction(StrEnum):
    """What happened; the record is append-only."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    LEFT = "left"
    IMPORTED = "imported"
    CHANGED = "changed"
    GUIDE_REQUESTED = "guide_requested"
    ERASED = "erased"


class SuppressionReason(StrEnum):
    """Why an address must not be mailed. Complaint and erased are never released."""

    COMPLAINT = "complaint"
    HARD_BOUNCE = "hard_bounce"
    ERASED = "erased"
    MANUAL = "manual"


class Subscriber(Base):
    """One canonical address. Ids are never used twice, because tokens in old mail carry them."""

    __tablename__ = "subscriber"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  (SQLAlchemy's own protocol)

    id: Mapped[PrimaryKey]
    address: Mapped[str] = mapped_column(String(320), doc="what we write to")
    canonical: Mapped[str] = mapped_column(
        String(320), unique=True, doc="the identity, see foundation.addresses"
    )
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    domain: Mapped[str] = mapped_column(String(255))
    first_name: Mapped[str] = mapped_column(String(80), default="")
    last_name: Mapped[str] = mapped_column(String(80), default="")
    function: Mapped[Function | None] = mapped_column(enum_type(Function))
    state: Mapped[SubscriberState] = mapped_column(enum_type(SubscriberState))
    source: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]


class Topic(Base):
    """The Tuesday letter, the Sunday links, a guide's follow-ups, a series."""

    __tablename__ = "topic"

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[TopicKind] = mapped_column(enum_type(TopicKind))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int] = mapped_column(default=0)
    offered: Mapped[bool] = mapped_column(default=True, doc="shown on sign-up forms and the preferences page")


class Subscription(Base):
    """One reader's standing towards one topic."""

    __tablename__ = "subscription"
    __table_args__ = (Index("ix_subscription_topic_id_state", "topic_id", "state", "subscriber_id"),)

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True
    )
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    state: Mapped[SubscriptionState] = mapped_column(enum_type(SubscriptionState))
    changed_at: Mapped[datetime]


class ConsentRecord(Base):
    """Append-only evidence: what, when, from where, through which form or link, with the wording shown."""

    __tablename__ = "consent_record"

    id: Mapped[PrimaryKey]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    action: Mapped[ConsentAction] = mapped_column(enum_type(ConsentAction))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    form: Mapped[str] = mapped_column(String(80), default="", doc="which form, link or command")
    wording: Mapped[str] = mapped_column(Text, default="", doc="the sentence the person agreed to")
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Suppression(Base):
    """An address that must not be mailed; known by hash, so that it outlives erasure."""

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint("address_hash", "reason", "released_at"),
        Index(
            "uq_suppression_active",
            "address_hash",
            "reason",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: Mapped[PrimaryKey]
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    reason: Mapped[SuppressionReason] = mapped_column(enum_type(SuppressionReason))
    at: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(Text, default="", doc="what proved it, e.g. the relay's words")
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str] = mapped_column(String(300), default="")
