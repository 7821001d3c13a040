"""What a relay's answer means for one reader and for everybody else: one table, no network, no database.

Enhanced codes are those of RFC 3463 and its registry; without one, the basic code and the step decide.
"""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.delivery import verdicts
from app.delivery.models import BounceClass, OutcomeState

_BACKOFF: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 30, 60, 120, 240))
_ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")

_STOP: Final = {"5.7.515", "5.7.8", "5.7.11", "5.7.14", "5.7.57"}
"""Said of us, whoever the reader is. Not 5.7.9: where we log in its code says so (534), elsewhere Yahoo refuses a
single mail with it."""


class Step(StrEnum):
    """Where in the conversation it was said."""

    CONNECT = "connect"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    RSET = "rset"


class Trouble(StrEnum):
    """What an answer says about more than this reader."""

    NONE = ""
    SLOW_DOWN = "slow_down"
    POLICY = "policy"
    STOP = "stop"
    TOO_BIG = "too_big"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it came. `lost`: the connection ended after the dot and nothing was read."""

    step: Step
    code: int
    text: str = ""
    relay: str = ""
    lost: bool = False

    @property
    def enhanced(self) -> str:
        """The status of RFC 3463 when the text begins with one of the code's own class."""
        found = _ENHANCED.match(self.text)
        return found.group(0) if found and found.group(1) == str(self.code)[:1] else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write down, and what else follows."""

    state: OutcomeState
    bounce: BounceClass | None = None
    trouble: Trouble = Trouble.NONE
    retry_at: datetime | None = None


ACCEPTED: Final = Verdict(OutcomeState.ACCEPTED)
UNCERTAIN: Final = Verdict(OutcomeState.UNCERTAIN)


def judge(answer: Answer, *, attempt: int, now: datetime, give_up_at: datetime) -> Verdict:
    """The verdict on one attempt. A deferral that would come after `give_up_at` is a failure instead."""
    if answer.lost:
        return UNCERTAIN
    if 200 <= answer.code < 300:
        return ACCEPTED
    if 400 <= answer.code < 500:
        return _judge_later(answer, attempt, now, give_up_at)
    return _judge_never(answer)


def back_off(attempt: int, seed: int = 0) -> timedelta:
    """How long to wait after the n-th attempt: growing, spread by a tenth so that retries do not march in step."""
    base = _BACKOFF[min(attempt, len(_BACKOFF)) - 1]
    return base * random.Random(f"{seed}:{attempt}").uniform(1.0, 1.1)  # noqa: S311


def _judge_later(answer: Answer, attempt: int, now: datetime, give_up_at: datetime) -> Verdict:
    slow = answer.code == 421 or answer.enhanced.startswith("4.7.") or answer.code == 454
    trouble = Trouble.SLOW_DOWN if slow else Trouble.NONE
    if answer.enhanced in {"4.7.8", "4.7.9"} and answer.step is Step.LOGIN:
        trouble = Trouble.STOP
    retry_at = now + back_off(attempt, hash((answer.code, attempt)) & 0xFF)
    if retry_at > give_up_at:
        return Verdict(OutcomeState.FAILED, BounceClass.SOFT, trouble)
    return Verdict(OutcomeState.DEFERRED, None, trouble, retry_at)


def _judge_never(answer: Answer) -> Verdict:
    """The rules of bounces say whose fault it is; here only what it means for everybody else."""
    status = answer.enhanced
    news = verdicts.judge(status=status, code=answer.code, text=answer.text)
    if status in _STOP or answer.step is Step.LOGIN or answer.code in {530, 534, 535}:
        return Verdict(OutcomeState.FAILED, BounceClass.POLICY, Trouble.STOP)
    if status == "5.3.4" or (answer.code == 552 and not status.startswith("5.2")):
        return Verdict(OutcomeState.FAILED, BounceClass.POLICY, Trouble.TOO_BIG)
    if status.startswith("5.7.") and not news.hard:
        return Verdict(OutcomeState.FAILED, BounceClass.POLICY, Trouble.POLICY)
    if answer.step in {Step.MAIL, Step.DATA}:
        return Verdict(OutcomeState.FAILED, BounceClass.POLICY, Trouble.POLICY)
    trouble = Trouble.POLICY if news.bounce_class is BounceClass.POLICY else Trouble.NONE
    return Verdict(OutcomeState.FAILED, news.bounce_class, trouble)
