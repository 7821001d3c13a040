"""What somebody asked for and has not yet confirmed."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, PrimaryKey


class JoinRequest(Base):
    """One filled-in form: the confirmation mail's occasion, and what its link will switch on."""

    __tablename__ = "join_request"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  (ids stand in tokens: never used twice)

    id: Mapped[PrimaryKey]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    topic_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    guide_slug: Mapped[str | None] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(80), default="")
    source: Mapped[str] = mapped_column(String(200), default="")
    ip: Mapped[str] = mapped_column(String(45), default="", index=True)
    mailbox_hash: Mapped[str] = mapped_column(
        String(64),
        default="",
        index=True,
        doc="of foundation.addresses.abuse_key: dot and plus variants share it",
    )
    requested_at: Mapped[datetime]
    mailed_at: Mapped[datetime | None] = mapped_column(
        doc="null: within the one-a-day limit, no mail went out"
    )
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
