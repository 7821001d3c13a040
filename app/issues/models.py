"""What the author writes, and the standing rules of when it goes out."""

from datetime import datetime, time
from enum import StrEnum

from sqlalchemy import ForeignKey, SmallInteger, String, Text, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey, enum_type


class IssueKind(StrEnum):
    """The Tuesday letter and the Sunday links."""

    LETTER = "letter"
    LINKS = "links"


class IssueState(StrEnum):
    """A held issue waits for the author; nothing is sent by itself."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"


class LatePolicy(StrEnum):
    """What to do with an issue whose slot passed by more than the grace."""

    SEND = "send"
    HOLD = "hold"
    ASK = "ask"


class Cadence(Base):
    """The standing rule of a kind: weekday, local time, zone, what to do when late."""

    __tablename__ = "cadence"

    id: Mapped[PrimaryKey]
    kind: Mapped[IssueKind] = mapped_column(enum_type(IssueKind), unique=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, doc="Monday is 0, as in date.weekday()")
    local_time: Mapped[time] = mapped_column(Time)
    zone: Mapped[str] = mapped_column(String(64), doc="IANA name")
    late_policy: Mapped[LatePolicy] = mapped_column(enum_type(LatePolicy), default=LatePolicy.HOLD)
    grace_minutes: Mapped[int] = mapped_column(default=120)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))


class Issue(Base):
    """One letter or digest."""

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("kind", "slot"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[IssueKind] = mapped_column(enum_type(IssueKind))
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(300), default="")
    preheader: Mapped[str] = mapped_column(String(300), default="")
    markdown: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[IssueState] = mapped_column(enum_type(IssueState), index=True)
    version: Mapped[int] = mapped_column(default=1, doc="grows with every saved change")
    slot: Mapped[str | None] = mapped_column(
        String(32),
        doc="the cadence's period taken, e.g. 2026-11-24; unique per kind, so two clocks make one issue",
    )
    scheduled_at: Mapped[datetime | None]
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"))
    held_reason: Mapped[str] = mapped_column(Text, default="")
    import_notes: Mapped[str] = mapped_column(
        Text, default="", doc="what was guessed when it was brought in, one a line"
    )
    form_key: Mapped[str | None] = mapped_column(
        String(64), unique=True, doc="the form that made it: sent twice, it makes one issue"
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class SkippedSlot(Base):
    """A slot of a cadence that the author leaves out."""

    __tablename__ = "skipped_slot"

    kind: Mapped[IssueKind] = mapped_column(enum_type(IssueKind), primary_key=True)
    slot: Mapped[str] = mapped_column(String(32), primary_key=True, doc="as in issue.slot")
    skipped_at: Mapped[datetime]


class IssueVersion(Base):
    """The words of an issue as they were saved once; rows are only ever added."""

    __tablename__ = "issue_version"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(300), default="")
    preheader: Mapped[str] = mapped_column(String(300), default="")
    markdown: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id", ondelete="SET NULL"))
    saved_at: Mapped[datetime]


class LinkLook(Base):
    """What a link answered when it was last looked at; kept for two days."""

    __tablename__ = "link_look"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, doc="SHA-256 of the address")
    url: Mapped[str] = mapped_column(String(2000))
    status: Mapped[int | None]
    final_url: Mapped[str] = mapped_column(String(2000))
    problem: Mapped[str] = mapped_column(String(500), default="")
    looked_at: Mapped[datetime] = mapped_column(index=True)


class Theme(Base):
    """What letters are about, as the archive groups them; readers see it as a topic of the archive.

    Topic itself means what one can subscribe to.
    """

    __tablename__ = "theme"

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(60))


class IssueTheme(Base):
    """This issue is about that."""

    __tablename__ = "issue_theme"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True)
    theme_id: Mapped[int] = mapped_column(
        ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class IssueText(Base):
    """The plain words of an issue in the public archive; each database builds its search index from this table."""

    __tablename__ = "issue_text"

    issue_id: Mapped[int] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int] = mapped_column(doc="the issue's version that was indexed")
    title: Mapped[str] = mapped_column(Text)
    preheader: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
