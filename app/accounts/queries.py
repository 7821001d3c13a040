"""Looking up authors."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Author, AuthorSession
from app.foundation.addresses import parse_address
from app.foundation.errors import InvalidInput, NotFound


def find_author(session: Session, email: str) -> Author | None:
    """The author with this address, disabled ones included; None also for what is no address at all."""
    try:
        canonical = parse_address(email).canonical
    except InvalidInput:
        return None
    return session.scalar(select(Author).where(Author.canonical == canonical))


def get_author(session: Session, author_id: int) -> Author:
    """The author with this id. Raises NotFound."""
    author = session.get(Author, author_id)
    if author is None:
        raise NotFound("There is no such author.")
    return author


def author_names(session: Session) -> dict[int, str]:
    """Author id -> name, disabled ones included: what they wrote stays theirs."""
    return dict(session.execute(select(Author.id, Author.name)).all())


def sessions_of(session: Session, now: datetime, author_id: int) -> list[AuthorSession]:
    """The browsers in which this author is signed in, the last used first."""
    query = select(AuthorSession).where(AuthorSession.author_id == author_id, AuthorSession.expires_at > now)
    return list(session.scalars(query.order_by(AuthorSession.seen_at.desc(), AuthorSession.id.desc())))


def active_authors(session: Session) -> list[Author]:
    """Everybody who may enter, in the order they came: the recipients of notices."""
    return list(session.scalars(select(Author).where(Author.disabled_at.is_(None)).order_by(Author.id)))


def count_authors(session: Session) -> int:
    """How many author accounts there are."""
    return session.scalar(select(func.count()).select_from(Author)) or 0
