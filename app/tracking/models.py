"""Tracked links and the raw evidence of their use; verdicts about people are computed, never stored over it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey


class Link(Base):
    """The n-th link of an Edition."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("edition_id", "number"),)

    id: Mapped[PrimaryKey]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    number: Mapped[int]
    url: Mapped[str] = mapped_column(Text)


class Click(Base):
    """One request for a tracked link, by a person or a machine."""

    __tablename__ = "click"
    __table_args__ = (Index("ix_click_delivery_id_number", "delivery_id", "number"),)

    id: Mapped[PrimaryKey]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(8))
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")


class Open(Base):
    """One request for the pixel."""

    __tablename__ = "open"

    id: Mapped[PrimaryKey]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[datetime]
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")
