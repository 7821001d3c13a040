"""Built guides and each reader's right to them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey, enum_type


class GrantState(StrEnum):
    """Moves forward only."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    GRANTED = "granted"
    DOWNLOADED = "downloaded"


class GrantEventKind(StrEnum):
    """Append-only evidence beside the state; `seen` is a GET that changes nothing."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    GRANTED = "granted"
    SEEN = "seen"
    DOWNLOADED = "downloaded"
    FRESH_LINK = "fresh_link"
    OFFERED = "offered"
    RESENT = "resent"
    REVOKED = "revoked"
    RESTORED = "restored"


class GuideFile(Base):
    """One built edition of a guide; the file itself lies in storage."""

    __tablename__ = "guide_file"
    __table_args__ = (UniqueConstraint("slug", "sha256"),)

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(64), index=True)
    edition: Mapped[str] = mapped_column(String(32), doc="the label in guide.toml, e.g. 2026.1")
    title: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    source_sha256: Mapped[str] = mapped_column(String(64), default="", doc="which content its pages show")
    storage_key: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(120))
    pages: Mapped[int]
    bytes: Mapped[int]
    built_at: Mapped[datetime]


class Grant(Base):
    """One reader's right to one guide; separate from subscribing."""

    __tablename__ = "guide_grant"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "slug"),
        {"sqlite_autoincrement": True},  # ids stand in tokens: never used twice
    )

    id: Mapped[PrimaryKey]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[GrantState] = mapped_column(enum_type(GrantState))
    guide_file_id: Mapped[int | None] = mapped_column(ForeignKey("guide_file.id"))
    source: Mapped[str] = mapped_column(String(200), default="")
    requested_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    granted_at: Mapped[datetime | None]
    downloaded_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    followups_stopped_at: Mapped[datetime | None]
    followups_stopped_why: Mapped[str] = mapped_column(String(80), default="")


class GrantEvent(Base):
    """What happened to a grant, when, and how we know."""

    __tablename__ = "grant_event"

    id: Mapped[PrimaryKey]
    grant_id: Mapped[int] = mapped_column(ForeignKey("guide_grant.id", ondelete="CASCADE"), index=True)
    kind: Mapped[GrantEventKind] = mapped_column(enum_type(GrantEventKind))
    at: Mapped[datetime]
    guide_file_id: Mapped[int | None] = mapped_column(
        ForeignKey("guide_file.id"), doc="which edition of the guide"
    )
    link: Mapped[str] = mapped_column(String(16), default="", doc="which download link, see access.link_id")
    source: Mapped[str] = mapped_column(String(200), default="", doc="see guides.sources")
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class GuideVisits(Base):
    """How often a guide's page was looked at on one day from one source: a number, and nothing about anybody."""

    __tablename__ = "guide_visits"

    slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True, doc="in the publication's zone")
    source: Mapped[str] = mapped_column(String(120), primary_key=True, doc="see guides.sources")
    visits: Mapped[int] = mapped_column(default=0)
    forgotten: Mapped[int] = mapped_column(
        default=0,
        server_default=text("0"),
        doc="how many asked that day, never confirmed, and were removed",
    )


class FollowUpMail(Base):
    """One follow-up to one grant, once, whatever becomes of its text afterwards."""

    __tablename__ = "followup_mail"

    grant_id: Mapped[int] = mapped_column(ForeignKey("guide_grant.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True, doc="the file's name without .md")
    queued_at: Mapped[datetime] = mapped_column(index=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))


class FollowUpStop(Base):
    """The author's switch: no follow-ups of this guide go out while its row is there."""

    __tablename__ = "followup_stop"

    slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    stopped_at: Mapped[datetime]


class FollowUpStepStop(Base):
    """The author's switch for one follow-up: nobody gets it while its row is there."""

    __tablename__ = "followup_step_stop"

    slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True, doc="the file's name without .md")
    stopped_at: Mapped[datetime]


class FollowUpSkip(Base):
    """One follow-up that one reader will not get, by the author's hand."""

    __tablename__ = "followup_skip"

    grant_id: Mapped[int] = mapped_column(ForeignKey("guide_grant.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True, doc="the file's name without .md")
    skipped_at: Mapped[datetime]


class GuideOffer(Base):
    """An edition that is being offered to all who have an older one, until nobody is left."""

    __tablename__ = "guide_offer"

    guide_file_id: Mapped[int] = mapped_column(
        ForeignKey("guide_file.id"), primary_key=True, autoincrement=False
    )
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
