"""Editions and the ledger: who is to get what, who works on it, and every answer ever heard.

A Delivery is written when its Edition opens. Work is leased by Chunk: a range of delivery ids with an owner, a fence
and an expiry. Every answer is an appended Outcome; a delivery's state is the outcome of its current attempt, or else
that of its chunk. A chunk's counters change in the transaction that appends the outcomes, so that the ledger's
identity is a sum over chunks at every moment.
"""

from datetime import datetime, timedelta
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
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, BigId, PrimaryKey, enum_type

DEADLINE = timedelta(days=5)
"""How long a deferred delivery is tried again (RFC 5321, 4.5.4.1)."""


LEFT_AS_IT_IS = "the author left it as it is"
"""The reply of an uncertain delivery about which the author has decided."""


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
    SERVED = "served"
    """Another mail brings them the same."""


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
    in_reply_to: Mapped[str] = mapped_column(
        String(998), default="", server_default="", doc="the Message-ID it answers, with brackets"
    )
    earlier_ids: Mapped[str] = mapped_column(
        Text, default="", server_default="", doc="References, oldest first"
    )
    auto_replied: Mapped[bool] = mapped_column(
        default=False, server_default=false(), doc="a machine answers a person (RFC 3834)"
    )
    frozen: Mapped[bytes] = mapped_column(LargeBinary, doc="the compiled message, see delivery.message")
    state: Mapped[EditionState] = mapped_column(enum_type(EditionState))
    pause_reason: Mapped[str] = mapped_column(Text, default="")
    trouble: Mapped[str] = mapped_column(
        Text, default="", doc="why sending waits by itself, e.g. the relay is away"
    )
    audience: Mapped[int] = mapped_column(default=0, doc="frozen at publication, excluded people included")
    excluded: Mapped[int] = mapped_column(default=0, doc="of the audience, excluded when the ledger opened")
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None] = mapped_column(doc="the last time it went on after a pause")
    gated_at: Mapped[datetime | None] = mapped_column(doc="every message was rendered and checked")
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
        Index("ix_delivery_recipient", "recipient_kind", "recipient_id"),
    )

    id: Mapped[PrimaryKey]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    recipient_kind: Mapped[RecipientKind] = mapped_column(enum_type(RecipientKind))
    recipient_id: Mapped[int]
    occasion: Mapped[str] = mapped_column(String(64), default="")
    attempt: Mapped[int] = mapped_column(SmallInteger, default=1, doc="the current one")
    exclusion: Mapped[Exclusion | None] = mapped_column(
        enum_type(Exclusion), doc="set: in no chunk, never mailed"
    )
    queued_at: Mapped[datetime | None] = mapped_column(doc="null: when its edition was opened")
    slots: Mapped[dict[str, Any] | None] = mapped_column(JSON, doc="this reader's own values, by slot name")


class Chunk(Base):
    """At most 500 deliveries, leased as one: those of its edition with ids from first_id to last_id, less the excluded.

    size = accepted + failed + uncertain + excluded + deferred + (queued or, while leased, in flight).
    """

    __tablename__ = "chunk"
    __table_args__ = (
        UniqueConstraint("edition_id", "first_id"),
        Index("ix_chunk_state_not_before", "state", "not_before"),
        Index("ix_chunk_edition_id_state", "edition_id", "state", "first_id"),
    )

    id: Mapped[PrimaryKey]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    first_id: Mapped[int]
    last_id: Mapped[int]
    size: Mapped[int]
    state: Mapped[ChunkState] = mapped_column(enum_type(ChunkState))
    not_before: Mapped[datetime | None] = mapped_column(doc="a retry waits until then")
    give_up_at: Mapped[datetime] = mapped_column(doc="what is still deferred then has failed")
    owner: Mapped[str] = mapped_column(String(120), default="")
    fence: Mapped[int] = mapped_column(
        default=0, doc="grows with every lease; a stale owner's writes carry an old one"
    )
    lease_until: Mapped[int | None] = mapped_column(doc="milliseconds since 1970 by the database's own clock")
    leased_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    accepted: Mapped[int] = mapped_column(default=0)
    deferred: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    uncertain: Mapped[int] = mapped_column(default=0)
    excluded: Mapped[int] = mapped_column(default=0)


class Outcome(Base):
    """What became of one attempt; appended, never changed.

    No foreign key: the deliveries were read under the lease whose fence these rows are written with, deliveries are
    never deleted, and looking each up again (and locking it, on PostgreSQL) cost a third of writing an outcome.
    """

    __tablename__ = "outcome"

    delivery_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
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


class Hold(Base):
    """A named thing that one process at a time may do: tick the clock, check an Edition before it goes out."""

    __tablename__ = "hold"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str] = mapped_column(String(120))
    until: Mapped[int] = mapped_column(doc="milliseconds since 1970 by the database's own clock")
    taken_at: Mapped[datetime]


class InstallationState(StrEnum):
    """May this installation send? A held one waits for its author's answer, a quiet one is a copy and stays one."""

    LIVE = "live"
    HELD = "held"
    QUIET = "quiet"


class Installation(Base):
    """Who we are and how far we came: one row, compared with a witness outside the database (delivery.installation)."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False, doc="always 1")
    identity: Mapped[str] = mapped_column(String(40))
    mark: Mapped[int] = mapped_column(doc="grows while we send and with every tick; the witness follows it")
    moved_ms: Mapped[int] = mapped_column(doc="when the mark last grew, by the database's own clock")
    place: Mapped[dict[str, str]] = mapped_column(JSON, doc="where we run, see delivery.witness.Place")
    state: Mapped[InstallationState] = mapped_column(enum_type(InstallationState))
    reason: Mapped[str] = mapped_column(Text, default="", doc="why it is held")
    since: Mapped[datetime] = mapped_column(doc="in this state since")


class QuietWindow(Base):
    """A time in which nothing of low rank is sent to the readers of a topic, because a letter to them is near."""

    __tablename__ = "quiet_window"

    key: Mapped[str] = mapped_column(String(80), primary_key=True, doc="whose letter it is, e.g. issue:7")
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), index=True)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
