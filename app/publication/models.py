"""The brand: one row per installation, seeded from publication.toml and edited in the studio."""

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey


class Publication(Base):
    """Name, author, sender, postal address, time zone. Exactly one row, id 1."""

    __tablename__ = "publication"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(120))
    tagline: Mapped[str] = mapped_column(String(300))
    promise: Mapped[str] = mapped_column(Text)
    author_name: Mapped[str] = mapped_column(String(120))
    sender_address: Mapped[str] = mapped_column(String(320))
    reply_address: Mapped[str] = mapped_column(String(320))
    postal_address: Mapped[str] = mapped_column(String(500))
    time_zone: Mapped[str] = mapped_column(String(64))
    site_url: Mapped[str] = mapped_column(String(500), default="")
    linkedin_url: Mapped[str] = mapped_column(String(500), default="")
    accent: Mapped[str] = mapped_column(String(9), default="#0B5D5B")
    about: Mapped[str] = mapped_column(Text, default="", doc="Markdown of the page about the publication")
    readers_called: Mapped[str] = mapped_column(String(40), default="readers", doc="as in: join 1,460 …")
    proof_from: Mapped[int] = mapped_column(default=100, doc="show the subscriber count from this number on")
