"""Author accounts: made by a command, never by a web form."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.models import Author, Role
from app.accounts.queries import find_author
from app.foundation.addresses import parse_address
from app.foundation.errors import Conflict, InvalidInput


def create_author(
    session: Session, now: datetime, email: str, *, name: str = "", role: Role = Role.OWNER
) -> Author:
    """A new account without a password; whoever gets its set-password link chooses one.

    Raises InvalidInput naming `email` or `name`, Conflict when the address has an account.
    """
    address = parse_address(email)
    if find_author(session, email) is not None:
        raise Conflict(
            f"{address.typed} already has an account.",
            field="email",
            hint="`handoff author link` makes a new sign-in link.",
        )
    if len(name) > 120 or not name.isprintable():
        raise InvalidInput("must be one line of at most 120 characters.", field="name")
    author = Author(
        email=address.typed, canonical=address.canonical, name=name.strip(), role=role, created_at=now
    )
    session.add(author)
    session.flush()
    return author
