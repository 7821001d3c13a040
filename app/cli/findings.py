"""What an examination says about one thing: how it is, and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a thing is. Only `bad` makes `handoff doctor` fail."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One line of the report; `remedy` says what to do about a warning or worse."""

    name: str
    health: Health
    detail: str
    remedy: str = ""


def good(name: str, detail: str) -> Finding:
    return Finding(name, Health.GOOD, detail)


def warning(name: str, detail: str, remedy: str) -> Finding:
    return Finding(name, Health.WARNING, detail, remedy)


def bad(name: str, detail: str, remedy: str) -> Finding:
    return Finding(name, Health.BAD, detail, remedy)


def skipped(name: str, detail: str) -> Finding:
    return Finding(name, Health.SKIPPED, detail)
