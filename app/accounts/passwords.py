"""Passwords: argon2id, and one answer in one time whether or not the address is known (A31)."""

from datetime import datetime
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy.orm import Session

from app.accounts.links import void_links
from app.accounts.models import Author
from app.accounts.queries import find_author
from app.accounts.sessions import end_sessions
from app.foundation.errors import InvalidInput, NotAllowed

SHORTEST: Final = 10
LONGEST: Final = 256
"""Characters. The upper bound keeps a megabyte of "password" out of argon2."""

HASHER: Final = PasswordHasher()  # RFC 9106's second recommendation: 64 MiB, three passes, four lanes
NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$gZYHE/c3W+ZC4IYK7T6W2A$thLdLsg3lXvLGlMqb1hKIQDeNAYOEyoZBK6mqFHCAos"
)
"""A hash of a thrown-away secret: verified against when there is no author or no password, for the same time."""

_TIP: Final = "A short sentence is fine."
_OBVIOUS: Final = frozenset(
    {
        "password",
        "passwort",
        "letmein",
        "welcome",
        "qwertyuiop",
        "1234567890",
        "newsletter",
        "handoff",
        "iloveyou",
    }
)


def check_password(session: Session, email: str, password: str) -> Author:
    """The author whose address and password these are.

    Raises NotAllowed with the same words, after the same work, whatever was wrong.
    """
    author = find_author(session, email)
    usable = author is not None and author.disabled_at is None and bool(author.password_hash)
    matches = _matches(author.password_hash if author and usable else NOBODY, password[:LONGEST])
    if author is None or not usable or not matches:
        raise NotAllowed(
            "This address and this password do not belong together.",
            hint="Try again, or ask for a sign-in link by mail.",
        )
    return author


def set_password(session: Session, now: datetime, author: Author, password: str) -> None:
    """Give the author a new password; every session and link they had ends (A30).

    Raises InvalidInput naming `password`.
    """
    author.password_hash = HASHER.hash(acceptable(password, author))
    end_sessions(session, author.id)
    void_links(session, now, author.id)
    session.flush()


def acceptable(password: str, author: Author) -> str:
    """The password, if it is long enough and not one that everybody tries first.

    Raises InvalidInput naming `password`.
    """
    if len(password) < SHORTEST:
        raise InvalidInput(f"needs at least {SHORTEST} characters.", field="password", hint=_TIP)
    if len(password) > LONGEST:
        raise InvalidInput(f"is longer than {LONGEST} characters.", field="password")
    folded = password.casefold()
    stem = folded.strip("0123456789!?.-_ ")
    if stem in _OBVIOUS or folded in _OBVIOUS or len(set(folded)) < 4 or folded == author.canonical:
        raise InvalidInput("is among the first that anybody would try.", field="password", hint=_TIP)
    return password


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
