"""Authors, their sessions, and one-time links."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey, enum_type


class Role(StrEnum):
    """What an author may do; the owner may do everything."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    LOGIN = "login"
    SET_PASSWORD = "set_password"  # noqa: S105


class Author(Base):
    """Somebody who may enter the studio."""

    __tablename__ = "author"

    id: Mapped[PrimaryKey]
    email: Mapped[str] = mapped_column(String(320))
    canonical: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    password_hash: Mapped[str] = mapped_column(
        String(200), default="", doc="argon2id; empty: no password yet"
    )
    role: Mapped[Role] = mapped_column(enum_type(Role), default=Role.OWNER)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class AuthorSession(Base):
    """A server-side session; the cookie holds the secret, we only its hash."""

    __tablename__ = "author_session"

    id: Mapped[PrimaryKey]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")


class OneTimeLink(Base):
    """A link that signs an author in, or lets them set a password, once."""

    __tablename__ = "one_time_link"

    id: Mapped[PrimaryKey]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id", ondelete="CASCADE"))
    purpose: Mapped[LinkPurpose] = mapped_column(enum_type(LinkPurpose))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
