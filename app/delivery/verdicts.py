"""What a refusal means, in standard words: about the address, about the moment, or about us.

One place for all three sources of bad news. A false suppression is worse than a miss, so hard news must say
plainly that the mailbox or its domain does not exist; a doubt is soft, and what speaks of policy, spam or
reputation is never held against the reader.
"""

import re
from dataclasses import dataclass
from typing import Final

from app.delivery.models import BounceClass
from app.delivery.refusals import Reason, said_reasons


@dataclass(frozen=True)
class Verdict:
    """Which class of news it is, and why."""

    bounce_class: BounceClass
    reason: Reason

    @property
    def hard(self) -> bool:
        return self.bounce_class is BounceClass.HARD


_CLASS: Final = {
    Reason.USER_UNKNOWN: BounceClass.HARD,
    Reason.DOMAIN_UNKNOWN: BounceClass.HARD,
    Reason.MAILBOX_DISABLED: BounceClass.HARD,
    Reason.MAILBOX_FULL: BounceClass.SOFT,
    Reason.TOO_LARGE: BounceClass.POLICY,
    Reason.SPAM: BounceClass.POLICY,
    Reason.POLICY: BounceClass.POLICY,
    Reason.LOOP: BounceClass.SOFT,
    Reason.EXPIRED: BounceClass.SOFT,
    Reason.TEMPORARY: BounceClass.SOFT,
    Reason.UNSPECIFIED: BounceClass.SOFT,
}

# RFC 3463, its registry and Microsoft's own numbers, by subject.detail, as said of a permanent failure.
_STATUS: Final = {
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.DOMAIN_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.6": Reason.USER_UNKNOWN,
    "1.7": Reason.POLICY,
    "1.8": Reason.POLICY,
    "1.10": Reason.USER_UNKNOWN,
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.4": Reason.TOO_LARGE,
    "4.4": Reason.DOMAIN_UNKNOWN,
    "4.6": Reason.LOOP,
    "4.7": Reason.EXPIRED,
    "4.14": Reason.LOOP,
    "4.310": Reason.DOMAIN_UNKNOWN,
    "7.13": Reason.MAILBOX_DISABLED,
    "7.17": Reason.MAILBOX_DISABLED,
    "7.18": Reason.DOMAIN_UNKNOWN,
}
# What words may overrule such a number: these servers use 5.1.1 and 5.2.1 for anything.
_OVERRULES: Final = frozenset({Reason.MAILBOX_FULL, Reason.SPAM, Reason.TOO_LARGE, Reason.POLICY})
_ABOUT_ADDRESS: Final = frozenset({Reason.USER_UNKNOWN, Reason.DOMAIN_UNKNOWN, Reason.MAILBOX_DISABLED})
_ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")


def status_of(text: str) -> str:
    """The most telling RFC 3463 status in a text: the first that is not x.0.0; empty when there is none."""
    found = [match.group(0) for match in _ENHANCED.finditer(text[:4000])]
    return next((status for status in found if not status.endswith(".0.0")), found[0] if found else "")


def judge(*, status: str = "", code: int | None = None, text: str = "") -> Verdict:
    """The verdict on a failure. `status` is RFC 3463, `code` the SMTP reply, `text` the server's words.

    Words beat numbers where servers are known to use numbers loosely: a full mailbox called 5.1.1 stays soft,
    and a block list entry called 5.1.1 stays policy.
    """
    if not status or status.endswith(".0.0"):
        status = status_of(text) or status
    reason = _reason(status, code, said_reasons(text))
    is_late = status.startswith("4") or (not status and code is not None and code < 500)
    if reason in _ABOUT_ADDRESS and is_late:
        return Verdict(BounceClass.SOFT, Reason.TEMPORARY)
    return Verdict(_CLASS[reason], reason)


def _reason(status: str, code: int | None, said: list[Reason]) -> Reason:
    detail = status.partition(".")[2]
    known = _STATUS.get(detail)
    first = said[0] if said else None
    if known in _ABOUT_ADDRESS and known in said and Reason.MAILBOX_FULL not in said:
        return known  # number and words agree
    if known is Reason.USER_UNKNOWN and first is Reason.DOMAIN_UNKNOWN and known not in said:
        return first  # 5.1.10 is a null MX (RFC 7505), or Exchange's unknown recipient
    if known is not None:
        return first if first in _OVERRULES else known
    if status.startswith("4.7.") and first not in _OVERRULES:
        return Reason.TEMPORARY  # greylisted, or too many at once
    if detail.startswith("7."):
        return first if first in {Reason.SPAM, Reason.MAILBOX_FULL, Reason.TOO_LARGE} else _sure_of(said)
    if Reason.TEMPORARY in said and first is Reason.DOMAIN_UNKNOWN:
        return Reason.TEMPORARY  # "host not found, try again"
    if first is not None and not (first is Reason.TEMPORARY and status.startswith("5")):
        return first
    if status.startswith("4") or first is Reason.TEMPORARY or (code is not None and 400 <= code < 500):
        return Reason.TEMPORARY
    return Reason.UNSPECIFIED


def _sure_of(said: list[Reason]) -> Reason:
    """5.7.x is policy, unless the words speak of the mailbox and of nothing else."""
    return said[0] if said and said[0] in _ABOUT_ADDRESS else Reason.POLICY
