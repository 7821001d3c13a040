"""One-time links into the studio. Opening one changes nothing (scanners fetch links); its button uses it up."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import Author, LinkPurpose, OneTimeLink
from app.foundation.db import changed_rows
from app.foundation.errors import Gone
from app.foundation.tokens import hash_secret

LOGIN_FOR: Final = timedelta(hours=1)
SET_PASSWORD_FOR: Final = timedelta(days=3)
_DEAD: Final = "This link has been used already or is too old."
_HINT: Final = "Ask for a new one on the sign-in page, or run `handoff author link`."


@dataclass(frozen=True)
class LinkSeen:
    """What a link would do if its button were pressed."""

    purpose: LinkPurpose
    author: Author


def make_login_link(
    session: Session, now: datetime, author: Author, *, valid_for: timedelta = LOGIN_FOR
) -> str:
    """The secret of a link that signs this author in once: `links.admin(f"enter/{secret}")`."""
    return _make(session, now, author, LinkPurpose.LOGIN, valid_for)


def make_password_link(session: Session, now: datetime, author: Author) -> str:
    """The secret of a link with which this author sets a password once."""
    return _make(session, now, author, LinkPurpose.SET_PASSWORD, SET_PASSWORD_FOR)


def look_at_link(session: Session, now: datetime, secret: str) -> LinkSeen:
    """What the link is for; changes nothing.

    Raises Gone, the same for a used, expired and never existing one.
    """
    row = session.execute(
        select(OneTimeLink, Author)
        .join(Author, Author.id == OneTimeLink.author_id)
        .where(
            OneTimeLink.secret_hash == hash_secret(secret),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
            Author.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise Gone(_DEAD, hint=_HINT)
    return LinkSeen(purpose=row[0].purpose, author=row[1])


def use_link(session: Session, now: datetime, secret: str) -> LinkSeen:
    """Use the link up and say whose it was; of two people pressing at once, one gets in.

    Raises Gone.
    """
    seen = look_at_link(session, now, secret)
    claimed = changed_rows(
        session,
        update(OneTimeLink)
        .where(OneTimeLink.secret_hash == hash_secret(secret), OneTimeLink.used_at.is_(None))
        .values(used_at=now),
    )
    if claimed != 1:
        raise Gone(_DEAD, hint=_HINT)
    return seen


def void_links(session: Session, now: datetime, author_id: int) -> None:
    """Make every unused link of an author worthless: they have a new password."""
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.author_id == author_id, OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )


def _make(session: Session, now: datetime, author: Author, purpose: LinkPurpose, valid_for: timedelta) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            secret_hash=hash_secret(secret),
            author_id=author.id,
            purpose=purpose,
            created_at=now,
            expires_at=now + valid_for,
        )
    )
    session.flush()
    return secret
