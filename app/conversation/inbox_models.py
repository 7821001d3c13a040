"""What the author adds to a conversation: notes, tags, saved answers, corrections, permission to quote."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.conversation.models import Lane
from app.foundation.db import Base, PrimaryKey, enum_type


class PermissionState(StrEnum):
    """Granted and declined are what the author read in the reader's answer, never what a machine guessed."""

    ASKED = "asked"
    GRANTED = "granted"
    DECLINED = "declined"


class ThreadNote(Base):
    """A private note beside a thread; never mailed."""

    __tablename__ = "thread_note"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


class ThreadTag(Base):
    """A word the author put on a thread."""

    __tablename__ = "thread_tag"

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class SavedAnswer(Base):
    """Words the author uses often."""

    __tablename__ = "saved_answer"

    id: Mapped[PrimaryKey]
    title: Mapped[str] = mapped_column(String(80), unique=True)
    markdown: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]


class LaneCorrection(Base):
    """The author moved a thread; its words teach the lanes from then on."""

    __tablename__ = "lane_correction"

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True)
    lane: Mapped[Lane] = mapped_column(enum_type(Lane))
    at: Mapped[datetime] = mapped_column(index=True)


class QuotePermission(Base):
    """May these words be quoted? Asked by mail; the reader's answer is kept as evidence."""

    __tablename__ = "quote_permission"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    words: Mapped[str] = mapped_column(Text, doc="exactly what was shown to the reader")
    state: Mapped[PermissionState] = mapped_column(enum_type(PermissionState))
    asked_at: Mapped[datetime]
    asked_in_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    evidence_id: Mapped[int | None] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), doc="the reader's own yes or no"
    )
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("author.id", ondelete="SET NULL"))


class InboxSettings(Base):
    """What the inbox does by itself. One row, id 1; without it the defaults hold."""

    __tablename__ = "inbox_settings"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[PrimaryKey]
    weekly: Mapped[bool] = mapped_column(default=True)
    acknowledge: Mapped[bool] = mapped_column(default=False)
    acknowledge_days: Mapped[int] = mapped_column(default=30)
    acknowledge_words: Mapped[str] = mapped_column(Text, default="")


class Acknowledgement(Base):
    """When an address last got one, so that it gets no second within the author's number of days (RFC 3834, 2)."""

    __tablename__ = "acknowledgement"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
