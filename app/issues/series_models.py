"""Issues that belong together, and issues that somebody else wrote."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey


class Series(Base):
    """A letter in parts. Readers can ask for just its next part: that is its Topic."""

    __tablename__ = "series"

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    about: Mapped[str] = mapped_column(String(300), default="", doc="one line beneath its name")
    planned: Mapped[int | None] = mapped_column(doc="how many parts there are to be; null: not said")
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), unique=True)
    created_at: Mapped[datetime]


class SeriesPart(Base):
    """This issue is part n of that series."""

    __tablename__ = "series_part"
    __table_args__ = (UniqueConstraint("series_id", "number"),)

    issue_id: Mapped[int] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(doc="from 1; gaps are the author's business")


class GuestByline(Base):
    """Who wrote an issue in the author's place. It belongs to the issue, because it is approved and sent with it."""

    __tablename__ = "guest_byline"

    issue_id: Mapped[int] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(120))
    bio: Mapped[str] = mapped_column(Text, default="", doc="plain words, a few sentences")
    photo: Mapped[str] = mapped_column(String(80), default="", doc="a picture's name, see issues.pictures")
    link_url: Mapped[str] = mapped_column(String(500), default="")
    link_words: Mapped[str] = mapped_column(String(80), default="")
    original_url: Mapped[str] = mapped_column(
        String(500), default="", doc="set: republished with permission, and this is the page that counts"
    )
    original_place: Mapped[str] = mapped_column(String(120), default="", doc="where it appeared first")
