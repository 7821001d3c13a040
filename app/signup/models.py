"""What somebody asked for and has not yet confirmed; invitations, and whom they brought."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
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
    origin: Mapped[str] = mapped_column(
        String(120), default="", doc="where the visitor came from, see guides.sources"
    )
    issue_slug: Mapped[str] = mapped_column(String(120), default="", doc="the letter on whose page it was")
    invitation_id: Mapped[int | None] = mapped_column(index=True, doc="an Invitation; none is ever removed")
    ip: Mapped[str] = mapped_column(String(45), default="", index=True)
    mailbox_hash: Mapped[str] = mapped_column(
        String(64),
        default="",
        index=True,
        doc="of foundation.addresses.abuse_key: dot and plus variants share it",
    )
    requested_at: Mapped[datetime] = mapped_column(index=True)
    mailed_at: Mapped[datetime | None] = mapped_column(
        doc="null: within the one-a-day limit, no mail went out"
    )
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class Invitation(Base):
    """A link that a reader hands on. What they wrote beside it is never kept; who they are is never shown."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("inviter_id", "issue_id"),)

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(String(16), unique=True, doc="random; stands in `/i/<code>`")
    inviter_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL"), doc="null: made without a letter's link, or erased"
    )
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issue.id", ondelete="SET NULL"), index=True)
    first_name: Mapped[str] = mapped_column(String(40), default="", doc="shown, because its owner wished so")
    made_at: Mapped[datetime]


class InvitationCredit(Base):
    """Somebody confirmed who came through an invitation; a person counts once, whoever else invites them."""

    __tablename__ = "invitation_credit"

    id: Mapped[PrimaryKey]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL"), unique=True, doc="null: erased, the count stays"
    )
    credited_at: Mapped[datetime]


class EmbedOrigin(Base):
    """A site of the author's that may carry the sign-up form; no other may."""

    __tablename__ = "embed_origin"

    origin: Mapped[str] = mapped_column(String(270), primary_key=True, doc="as browsers say it in Origin")
    added_at: Mapped[datetime]


class SpentStamp(Base):
    """A stamp of a form that was used; kept until it would have run out."""

    __tablename__ = "spent_stamp"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(index=True)
