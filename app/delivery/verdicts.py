"""What a refusal means, in standard words: about the address, about the moment, or about us.

One place for all three sources of bad news. A false suppression is worse than a miss, so hard news must say
plainly that the mailbox or its domain does not exist; a doubt is soft, and what speaks of policy, spam or
reputation is never held against the reader.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.delivery.models import BounceClass


class Reason(StrEnum):
    """Standard words for the author's pages and for `handoff inbound --inspect`."""

    USER_UNKNOWN = "user unknown"
    DOMAIN_UNKNOWN = "domain unknown"
    MAILBOX_DISABLED = "mailbox disabled"
    MAILBOX_FULL = "mailbox full"
    TOO_LARGE = "too large"
    SPAM = "spam"
    POLICY = "policy"
    LOOP = "loop"
    EXPIRED = "expired"
    TEMPORARY = "temporary"
    UNSPECIFIED = "unspecified"
    COMPLAINT = "complaint"


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

# RFC 3463 and its registry, by subject.detail, for what is said about a permanent failure.
_STATUS: Final = {
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.DOMAIN_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.6": Reason.USER_UNKNOWN,
    "1.10": Reason.DOMAIN_UNKNOWN,
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.4": Reason.TOO_LARGE,
    "4.4": Reason.DOMAIN_UNKNOWN,
    "4.6": Reason.LOOP,
    "4.7": Reason.EXPIRED,
    "7.13": Reason.MAILBOX_DISABLED,
}


def status_of(text: str) -> str:
    """The first RFC 3463 status in a text; empty when there is none."""
    found = _ENHANCED.search(text)
    return found.group(0) if found else ""


def judge(*, status: str = "", code: int | None = None, text: str = "") -> Verdict:
    """The verdict on a failure. `status` is RFC 3463, `code` the SMTP reply, `text` the server's words.

    Words beat numbers where servers are known to use numbers loosely: a full mailbox called 5.1.1 stays soft,
    and a block list entry called 5.1.1 stays policy.
    """
    status = status or status_of(text)
    reason = _reason(status, code, text)
    if reason in _NEVER_TEMPORARY and (status.startswith("4") or (not status and code and code < 500)):
        return Verdict(BounceClass.SOFT, reason if reason is Reason.MAILBOX_DISABLED else Reason.TEMPORARY)
    return Verdict(_CLASS[reason], reason)


def _reason(status: str, code: int | None, text: str) -> Reason:
    said = _said(text)
    known = _STATUS.get(status.partition(".")[2])
    if said in _WORDS_WIN:
        return said
    if known is not None:
        return known
    if status.partition(".")[2].startswith("7."):
        return said if said is Reason.USER_UNKNOWN and status.endswith("7.1") else Reason.POLICY
    if said is not None:
        return said
    if status.startswith("4") or (code is not None and 400 <= code < 500):
        return Reason.TEMPORARY
    return Reason.UNSPECIFIED


def _said(text: str) -> Reason | None:
    """The first reason whose words occur in the text; the order of the table is the order of doubt."""
    lowered = text[:4000].casefold()
    return next((reason for reason, words in _WORDS if words.search(lowered)), None)


_ENHANCED: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
_NEVER_TEMPORARY: Final = frozenset({Reason.USER_UNKNOWN, Reason.DOMAIN_UNKNOWN, Reason.MAILBOX_DISABLED})
_WORDS_WIN: Final = frozenset({Reason.MAILBOX_FULL, Reason.SPAM, Reason.TOO_LARGE})

_WORDS: Final = (
    (
        Reason.MAILBOX_FULL,
        re.compile(r"over ?quota|quota exceed|exceed\w* (?:its |the |his )?\w* ?quota|mailbox (?:is )?full"),
    ),
    (
        Reason.SPAM,
        re.compile(r"\bspam|block ?list|black ?list|\brbl\b|reputation|unsolicited|spamhaus|\bjunk\b"),
    ),
    (
        Reason.TOO_LARGE,
        re.compile(r"too (?:large|big)|size (?:limit|exceed)|exceeds? (?:the )?(?:maximum|size|limit)"),
    ),
    (
        Reason.USER_UNKNOWN,
        re.compile(
            r"user unknown|unknown (?:user|recipient|address|mailbox)|no such (?:user|recipient|mailbox|address)"
            r"|(?:user|recipient|mailbox|address|account) (?:does not|doesn'?t) exist|invalid (?:recipient|mailbox)"
            r"|(?:user|recipient|mailbox|address) (?:was )?not found|mailbox (?:not found|unavailable)"
        ),
    ),
    (
        Reason.DOMAIN_UNKNOWN,
        re.compile(r"(?:host|domain) (?:not found|unknown)|unknown (?:host|domain)|unrouteable|nxdomain"),
    ),
    (
        Reason.MAILBOX_DISABLED,
        re.compile(r"(?:account|mailbox|user) (?:is |has been )?(?:disabled|inactive)"),
    ),
    (Reason.LOOP, re.compile(r"mail loop|too many hops|routing loop")),
    (
        Reason.POLICY,
        re.compile(r"polic(?:y|ies)|dmarc|\bspf\b|dkim|relay(?:ing)? (?:access )?denied|not allowed"),
    ),
    (Reason.EXPIRED, re.compile(r"expired|retry time(?:out)?|gave up|giving up")),
    (Reason.TEMPORARY, re.compile(r"temporar|try again|timed? ?out|greylist|connection refused|rate limit")),
)
