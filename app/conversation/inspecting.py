"""What a mail is, read from the mail alone: kind, recipients a bounce speaks of, the writer's own words.

Nothing here believes anything: whether a mail may change somebody's state is decided in routing, by signed
addresses only.
"""

import re
from dataclasses import dataclass
from typing import Final

from app.conversation.autoreply import is_auto_reply
from app.conversation.lanes import classify_lane
from app.conversation.leaving import asks_to_leave
from app.conversation.mime import Mail, parse_mail
from app.conversation.models import InboundKind, Lane
from app.conversation.notices import read_notice, words_about, written_by_robot
from app.conversation.reply_text import reader_words
from app.conversation.reports import Action, RecipientReport, failed, read_status_parts
from app.delivery.refusals import Reason

MAX_WORDS: Final = 100_000
_WRITTEN_BY_PEOPLE: Final = frozenset({InboundKind.REPLY, InboundKind.OTHER})
_ADDRESS: Final = re.compile(r"[^\s<>\"(),;:]{1,128}@[^\s<>\"(),;:@]{1,255}")
_ANSWER: Final = re.compile(r"^\s*(?:re|aw|sv|antw|odp|vs|ref|rif|res|tr|wg)\s?(?:\[\d+\])?:", re.IGNORECASE)


@dataclass(frozen=True)
class Inspection:
    """`feedback` is the RFC 5965 Feedback-Type of a complaint report, empty otherwise."""

    kind: InboundKind
    recipients: tuple[RecipientReport, ...] = ()
    text: str = ""
    lane: Lane = Lane.OTHER
    subject: str = ""
    sender: str = ""
    message_id: str = ""
    feedback: str = ""
    addressed_to: tuple[str, ...] = ()


def inspect_mail(raw: bytes) -> Inspection:
    """Classify a raw mail. Never raises, whatever the bytes."""
    mail = parse_mail(raw)
    feedback = feedback_type(mail)
    reports = () if feedback else tuple(_reports(mail))
    if feedback:
        kind, text = (InboundKind.COMPLAINT if feedback in COMPLAINTS else InboundKind.OTHER), ""
    elif any(report.action in {Action.FAILED, Action.DELAYED} for report in reports):
        kind, text = InboundKind.BOUNCE, ""
    else:
        kind, text = _read_words(mail)
    return Inspection(
        kind=kind,
        recipients=reports,
        text=text,
        lane=classify_lane(text).lane if kind in _WRITTEN_BY_PEOPLE else Lane.OTHER,
        subject=" ".join(mail.decoded("subject").split())[:300],
        sender=sender_address(mail),
        message_id=mail.get("message-id")[:998],
        feedback=feedback,
        addressed_to=tuple(_addressees(mail)),
    )


def _read_words(mail: Mail) -> tuple[InboundKind, str]:
    """What people and their robots write: the kind, and the writer's own words."""
    text = reader_words(mail).text[:MAX_WORDS]
    if is_auto_reply(mail, text) is not None:
        return InboundKind.AUTO_REPLY, text
    subject = mail.decoded("subject")
    if asks_to_leave(text, subject):
        return InboundKind.UNSUBSCRIBE, text
    if mail.get("in-reply-to") or mail.get("references") or _ANSWER.match(subject):
        return InboundKind.REPLY, text
    return InboundKind.OTHER, text


def _reports(mail: Mail) -> list[RecipientReport]:
    """What the mail says about deliveries: the standard's way first, then in words, then wrapped by a gateway."""
    reports = [_with_reason(mail, report) for report in read_status_parts(mail)] or read_notice(mail)
    if not reports and written_by_robot(mail):
        reports = read_status_parts(mail, wrapped=True)
    return reports


def _with_reason(mail: Mail, report: RecipientReport) -> RecipientReport:
    """A report without a reason borrows one from the readable part beside it."""
    if report.action is not Action.FAILED or report.reason != Reason.UNSPECIFIED:
        return report
    for words in words_about(mail, report.address):
        better = failed(report.address, status=report.status, words=f"{report.words}\n{words}".strip())
        if better.reason != Reason.UNSPECIFIED:
            return better
    return report


def sender_address(mail: Mail) -> str:
    """The address in From, as claimed; empty when there is none."""
    found = _ADDRESS.search(mail.decoded("from")[-600:])
    return found.group(0) if found else ""


def _addressees(mail: Mail) -> list[str]:
    """Where the header says the mail went, for ways in that know no envelope (a mailbox, a bare pipe)."""
    names = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
    values = [value for name in names for value in mail.root.get_all(name)[:5]]
    return [found for value in values for found in _ADDRESS.findall(value[:4000])][:50]


# RFC 5965 3.1 and the registry: only these say that a person wants no more of this (S19).
COMPLAINTS: Final = frozenset({"abuse", "opt-out", "opt-out-list"})


def feedback_type(mail: Mail) -> str:
    for part in mail.own_parts():
        if part.content_type == "message/feedback-report":
            found = re.search(rb"(?im)^feedback-type[ \t]*:[ \t]*([\w-]{1,40})", part.content()[:65_536])
            return found.group(1).decode("ascii", "replace").lower() if found else "unknown"
    return ""
