"""What the author gathers for the Sunday links: clips, the feeds they come from, and what was sent before."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey, enum_type


class ClipState(StrEnum):
    """Where a clip lies. Picked ones are in the coming digest, in the order of their positions."""

    TRAY = "tray"
    SHORTLISTED = "shortlisted"
    PICKED = "picked"
    USED = "used"
    DISMISSED = "dismissed"


class ClipOrigin(StrEnum):
    """The way a clip came in."""

    BOOKMARKLET = "bookmarklet"
    PASTE = "paste"
    MAIL = "mail"
    FEED = "feed"


class ReadState(StrEnum):
    """How far reading the page has come. A blocked page opens for people and not for us."""

    WAITING = "waiting"
    READ = "read"
    BLOCKED = "blocked"
    DEAD = "dead"
    TROUBLE = "trouble"
    REFUSED = "refused"


class ReminderDay(StrEnum):
    """The occasions of one slot: for a Sunday the author is told on Friday and on Saturday; then nothing goes out."""

    TWO_DAYS_BEFORE = "two days before"
    DAY_BEFORE = "day before"
    HELD = "held"


class Feed(Base):
    """A feed that the author follows."""

    __tablename__ = "feed"

    id: Mapped[PrimaryKey]
    url: Mapped[str] = mapped_column(String(2000))
    url_hash: Mapped[str] = mapped_column(String(64), unique=True, doc="SHA-256 of the cleaned address")
    title: Mapped[str] = mapped_column(String(300), default="")
    site_url: Mapped[str] = mapped_column(String(2000), default="")
    etag: Mapped[str] = mapped_column(String(500), default="")
    last_modified: Mapped[str] = mapped_column(String(100), default="")
    followed_at: Mapped[datetime]
    polled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True, doc="the next look; none: it has ended")
    failures: Mapped[int] = mapped_column(default=0, doc="in a row")
    problem: Mapped[str] = mapped_column(String(300), default="")


class FeedEntry(Base):
    """An item of a feed that was met, so that it is not met again."""

    __tablename__ = "feed_entry"
    __table_args__ = (UniqueConstraint("feed_id", "guid_hash"),)

    id: Mapped[PrimaryKey]
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id", ondelete="CASCADE"))
    guid_hash: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime]


class Clip(Base):
    """One article that might go into a digest. What was read of the page can be written over by hand."""

    __tablename__ = "clip"
    __table_args__ = (Index("ix_clip_state_clipped_at", "state", "clipped_at"),)

    id: Mapped[PrimaryKey]
    url: Mapped[str] = mapped_column(
        String(2000), doc="for readers: cleaned, or the page's canonical address"
    )
    key_hash: Mapped[str] = mapped_column(String(64), index=True, doc="SHA-256 of canonical.same_article_key")
    state: Mapped[ClipState] = mapped_column(enum_type(ClipState))
    origin: Mapped[ClipOrigin] = mapped_column(enum_type(ClipOrigin))
    position: Mapped[int | None] = mapped_column(SmallInteger, doc="in the digest, from 1")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id", ondelete="SET NULL"))
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id", ondelete="SET NULL"))
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issue.id", ondelete="SET NULL"), index=True)
    duplicate_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("clip.id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(String(300), default="")
    source: Mapped[str] = mapped_column(String(120), default="")
    byline: Mapped[str] = mapped_column(String(300), default="")
    published_on: Mapped[date | None] = mapped_column(Date)
    minutes: Mapped[int | None] = mapped_column(SmallInteger)
    excerpt: Mapped[str] = mapped_column(String(500), default="")
    picture: Mapped[str] = mapped_column(String(80), default="", doc="name of our own copy; empty: none")
    note: Mapped[str] = mapped_column(Text, default="", doc="the author's words when clipping")
    why: Mapped[str] = mapped_column(Text, default="", doc="why it matters, as readers will see it")
    read_state: Mapped[ReadState] = mapped_column(enum_type(ReadState), default=ReadState.WAITING)
    status: Mapped[int | None] = mapped_column(SmallInteger, doc="the site's last answer")
    problem: Mapped[str] = mapped_column(String(300), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(index=True, doc="the next look at the page")
    clipped_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]


class DigestDraft(Base):
    """The issue that the picks were drafted into, and the version of it that we wrote."""

    __tablename__ = "digest_draft"

    issue_id: Mapped[int] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int] = mapped_column(doc="as long as the issue has it, nobody has written there since")


class SentLink(Base):
    """A link of a digest that went out."""

    __tablename__ = "sent_link"
    __table_args__ = (UniqueConstraint("issue_id", "number"),)

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    key_hash: Mapped[str] = mapped_column(String(64), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    title: Mapped[str] = mapped_column(String(300))


class SlotReminder(Base):
    """A slot of the links for which too few were chosen: told once a day, held at last."""

    __tablename__ = "slot_reminder"
    __table_args__ = (UniqueConstraint("slot", "day"),)

    id: Mapped[PrimaryKey]
    slot: Mapped[str] = mapped_column(String(32))
    day: Mapped[ReminderDay] = mapped_column(enum_type(ReminderDay))
    picked: Mapped[int] = mapped_column(SmallInteger, doc="how many there were then")
    at: Mapped[datetime]
