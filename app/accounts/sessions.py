"""Server-side sessions: the cookie carries a random secret, SQL only its hash, and ending one ends it at once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Author, AuthorSession
from app.foundation.tokens import hash_secret

IDLE: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=60)
SEEN_EVERY: Final = timedelta(minutes=10)
"""How stale `seen_at` may grow before a request writes it again."""


@dataclass(frozen=True)
class SignedIn:
    """Who is behind a cookie; `stale` asks the caller to `touch_session` in a writing transaction."""

    author: Author
    session_id: int
    stale: bool


def open_session(
    session: Session, now: datetime, author_id: int, *, ip: str = "", user_agent: str = ""
) -> str:
    """Sign an author in; answers the secret for the cookie, which is shown to nobody else ever again."""
    secret = secrets.token_urlsafe(32)
    session.execute(delete(AuthorSession).where(AuthorSession.expires_at < now))
    session.add(
        AuthorSession(
            secret_hash=hash_secret(secret),
            author_id=author_id,
            created_at=now,
            seen_at=now,
            expires_at=now + IDLE,
            ip=ip[:45],
            user_agent=user_agent[:400],
        )
    )
    session.flush()
    return secret


def find_session(session: Session, now: datetime, secret: str) -> SignedIn | None:
    """Who this cookie belongs to, if it is alive; None for a dead, unknown or disabled author's one."""
    row = session.execute(
        select(AuthorSession, Author)
        .join(Author, Author.id == AuthorSession.author_id)
        .where(
            AuthorSession.secret_hash == hash_secret(secret),
            AuthorSession.expires_at > now,
            AuthorSession.created_at > now - LONGEST,
            Author.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return SignedIn(author=row[1], session_id=row[0].id, stale=now - row[0].seen_at > SEEN_EVERY)


def touch_session(session: Session, now: datetime, session_id: int) -> None:
    """The author was here: the idle time starts anew."""
    session.execute(
        update(AuthorSession).where(AuthorSession.id == session_id).values(seen_at=now, expires_at=now + IDLE)
    )


def end_session(session: Session, secret: str) -> None:
    """Sign out: the cookie is dead from the commit on, wherever else it was copied to."""
    session.execute(delete(AuthorSession).where(AuthorSession.secret_hash == hash_secret(secret)))


def end_sessions(session: Session, author_id: int) -> None:
    """Sign an author out everywhere."""
    session.execute(delete(AuthorSession).where(AuthorSession.author_id == author_id))
