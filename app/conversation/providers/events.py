"""What a provider's webhook tells us, whichever provider it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from app.delivery.models import BounceClass
from app.delivery.refusals import Reason
from app.delivery.verdicts import Verdict, judge
from app.foundation.errors import HandoffError

OLDEST: Final = timedelta(hours=24)
"""Providers repeat for hours what we could not take; what is older than this is a replay."""
EARLIEST: Final = timedelta(minutes=5)


class BadSignature(HandoffError):
    """A webhook that is not proved to come from its provider, or that is too old to be believed (A45)."""

    status = 401


class EventKind(StrEnum):
    """What happened to the mail."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LEAVE = "leave"


@dataclass(frozen=True)
class ProviderEvent:
    """One event about one recipient. `clues` are header values and addresses in which our signed tokens may stand;
    `event_id` is the provider's own, or whatever is the same when it tells the event again."""

    kind: EventKind
    event_id: str
    recipient: str
    clues: tuple[str, ...] = ()
    verdict: Verdict | None = None
    status: str = ""
    words: str = ""


class Hook(Protocol):
    """A provider: proves that a request is its own, and reads the events in it."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises BadSignature."""
        ...

    def read(self, body: bytes) -> list[ProviderEvent]:
        """Every event that concerns us; what is no JSON of the expected shape gives none."""
        ...


def check_age(told: datetime, now: datetime) -> None:
    """Raises BadSignature for a request from the past or the future."""
    if told < now - OLDEST or told > now + EARLIEST:
        raise BadSignature("This request is too old, or its clock is wrong.", field="timestamp")


def judge_permanent(status: str, words: str) -> Verdict:
    """What a provider calls a permanent failure: hard, unless its words speak of something else."""
    verdict = judge(status=status, text=words)
    if verdict.reason in {Reason.UNSPECIFIED, Reason.TEMPORARY, Reason.EXPIRED} and not status.startswith(
        "4"
    ):
        return Verdict(BounceClass.HARD, Reason.USER_UNKNOWN)
    return verdict


def judge_passing(status: str, words: str) -> Verdict:
    """What a provider calls temporary or blocked: never hard."""
    verdict = judge(status=status, text=words)
    return Verdict(BounceClass.SOFT, Reason.TEMPORARY) if verdict.hard else verdict


def text_of(value: Any, limit: int = 2000) -> str:
    """A JSON value as text; empty for what is none."""
    return str(value)[:limit] if isinstance(value, (str, int, float)) else ""


def dict_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
