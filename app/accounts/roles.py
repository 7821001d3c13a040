"""Who may do what in the studio. An endpoint names an Action, never a role."""

from enum import StrEnum
from typing import Final

from app.accounts.models import Author, Role
from app.foundation.errors import NotAllowed


class Action(StrEnum):
    """What an endpoint lets a person do."""

    SEE = "see"
    WRITE = "write"
    SEND = "send"
    MANAGE = "manage"
    OWN_ACCOUNT = "own_account"


_GRANTED: Final[dict[Role, frozenset[Action]]] = {
    Role.OWNER: frozenset(Action),
    Role.EDITOR: frozenset({Action.SEE, Action.WRITE, Action.SEND, Action.OWN_ACCOUNT}),
    Role.VIEWER: frozenset({Action.SEE, Action.OWN_ACCOUNT}),
}

WORDS: Final[dict[Action, str]] = {
    Action.SEE: "look at this page",
    Action.WRITE: "write or change issues",
    Action.SEND: "schedule, send or stop an issue",
    Action.MANAGE: "change the publication's settings or its readers",
    Action.OWN_ACCOUNT: "change this account",
}


def may(author: Author, action: Action) -> bool:
    """Does this author's role grant the action? A disabled author may nothing."""
    return author.disabled_at is None and action in _GRANTED[author.role]


def require(author: Author, action: Action) -> None:
    """Raises NotAllowed in words that say what is not allowed."""
    if not may(author, action):
        raise NotAllowed(
            f"Your account may not {WORDS[action]}.", hint="The owner of this publication can change that."
        )
