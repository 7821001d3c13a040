"""What a check of an issue says: one sentence on each thing found, where it is, and the way out."""

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """An error keeps the issue from going out; a warning explains and leaves the decision to the author."""

    ERROR = "error"
    WARNING = "warning"


class Check(StrEnum):
    """What was looked at; stable names for `handoff issue check --json`."""

    CONTENT = "content"
    SUBJECT = "subject"
    PREHEADER = "preheader"
    MERGE_VALUES = "merge-values"
    READERS = "readers"
    AUDIENCE = "audience"
    LINK = "link"
    LINK_DEAD = "link-dead"
    LINK_MOVED = "link-moved"
    LINK_INSECURE = "link-insecure"
    LINK_UNSEEN = "link-unseen"
    LINK_WORDS = "link-words"
    ALT = "alt"
    IMAGE_SIZE = "image-size"
    HEADINGS = "headings"
    LEFTOVER = "leftover"
    SPAM = "spam"
    HTML_SIZE = "html-size"
    MARKUP = "markup"
    ATTACHMENT = "attachment"
    UNSUBSCRIBE = "unsubscribe"
    POSTAL_ADDRESS = "postal-address"
    CONTRAST = "contrast"
    DARK_MODE = "dark-mode"
    TEXT_PART = "text-part"
    DIGEST = "digest"
    COMMENTARY = "commentary"
    REPEATED = "repeated"


@dataclass(frozen=True)
class Finding:
    """One thing found. `field` is the form's name of the place, `line` counts from 1 in the text."""

    check: Check
    level: Level
    message: str
    remedy: str = ""
    field: str = "markdown"
    line: int | None = None


@dataclass(frozen=True)
class Report:
    """All that was found, errors first; for how many of the readers the mail was written, and how long it took."""

    findings: tuple[Finding, ...] = ()
    readers: int = 0
    audience: int = 0
    seconds: float = field(default=0.0, compare=False)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.level is Level.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.level is Level.WARNING)


def error(
    check: Check, message: str, remedy: str = "", *, field: str = "markdown", line: int | None = None
) -> Finding:
    """Something that must be mended first."""
    return Finding(check, Level.ERROR, message, remedy, field, line)


def warning(
    check: Check, message: str, remedy: str = "", *, field: str = "markdown", line: int | None = None
) -> Finding:
    """Something the author should know."""
    return Finding(check, Level.WARNING, message, remedy, field, line)
