"""Looking up authors."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.foundation.addresses import parse_address
from app.foundation.errors import InvalidInput


def find_author(session: Session, email: str) -> Author | None:
    """The author with this address, disabled ones included; None also for what is no address at all."""
    try:
        canonical = parse_address(email).canonical
    except InvalidInput:
        return None
    return session.scalar(select(Author).where(Author.canonical == canonical))


def active_authors(session: Session) -> list[Author]:
    """Everybody who may enter, in the order they came: the recipients of notices."""
    return list(session.scalars(select(Author).where(Author.disabled_at.is_(None)).order_by(Author.id)))


def count_authors(session: Session) -> int:
    """How many author accounts there are."""
    return session.scalar(select(func.count()).select_from(Author)) or 0
