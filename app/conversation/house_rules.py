"""What the inbox does by itself: the weekly mail to the authors, and the optional acknowledgement to readers."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from app.conversation.inbox_models import InboxSettings
from app.foundation.errors import InvalidInput

LONGEST: Final = 2_000
USUAL_WORDS: Final = (
    "Thank you for writing. Your mail is here, and a person reads it. Answers take a few days."
)


@dataclass(frozen=True)
class Rules:
    """`acknowledge_days`: an address gets one acknowledgement in so many days."""

    weekly: bool = True
    acknowledge: bool = False
    acknowledge_days: int = 30
    acknowledge_words: str = USUAL_WORDS


def get_rules(session: Session) -> Rules:
    """What holds now."""
    row = session.get(InboxSettings, 1)
    if row is None:
        return Rules()
    return Rules(row.weekly, row.acknowledge, row.acknowledge_days, row.acknowledge_words or USUAL_WORDS)


def change_rules(session: Session, typed: dict[str, Any]) -> Rules:
    """Put the author's choices in place. Raises InvalidInput naming the field."""
    days = str(typed.get("acknowledge_days", "30")).strip()
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:4]) <= 365):
        raise InvalidInput("Write a number of days from 1 to 365.", field="acknowledge_days")
    words = str(typed.get("acknowledge_words", "")).replace("\0", "").replace("\r\n", "\n").strip()
    acknowledge = typed.get("acknowledge") == "yes"
    if len(words) > LONGEST or (acknowledge and not words):
        raise InvalidInput(
            f"An acknowledgement needs words, at most {LONGEST:,} characters.", field="acknowledge_words"
        )
    row = session.get(InboxSettings, 1) or InboxSettings(id=1)
    row.weekly, row.acknowledge = typed.get("weekly") == "yes", acknowledge
    row.acknowledge_days, row.acknowledge_words = int(days), words
    session.add(row)
    session.flush()
    return get_rules(session)
