"""What a mail is, read from the mail alone: kind, recipients a bounce speaks of, the writer's own words.

Nothing here believes anything: whether a mail may change somebody's state is decided in routing, by signed
addresses only.
"""

import re
from dataclasses import dataclass
from typing import Final

from app.conversation.autoreply import is_auto_reply
from app.conversation.complaints import read_complaint, returned_headers
from app.conversation.lanes import classify_lane
from app.conversation.leaving import asks_to_leave
from app.conversation.mime import Mail, parse_mail
from app.conversation.models import InboundKind, Lane
from app.conversation.notices import read_notice, words_about, written_by_robot
from app.conversation.reply_text import reader_words
from app.conversation.reports import Action, RecipientReport, complained, failed, read_status_parts
from app.delivery.refusals import Reason

MAX_WORDS: Final = 100_000
_ABOUT_A_MAIL: Final = frozenset({InboundKind.BOUNCE, InboundKind.COMPLAINT})
_WRITTEN_BY_PEOPLE: Final = frozenset({InboundKind.REPLY, InboundKind.OTHER})
_ADDRESS: Final = re.compile(r"[^\s<>\"(),;:]{1,128}@[^\s<>\"(),;:@]{1,255}")
_ANSWER: Final = re.compile(r"^\s*(?:re|aw|sv|antw|odp|vs|ref|rif|res|tr|wg)\s?(?:\[\d+\])?:", re.IGNORECASE)


@dataclass(frozen=True)
class Inspection:
    """`feedback` is the RFC 5965 Feedback-Type of a complaint report, empty otherwise; `returned` the fields of the
    mail that a report returns in which our signed tokens may stand, `answers` the Message-IDs it is an answer to."""

    kind: InboundKind
    recipients: tuple[RecipientReport, ...] = ()
    text: str = ""
    lane: Lane = Lane.OTHER
    subject: str = ""
    sender: str = ""
    sender_name: str = ""
    message_id: str = ""
    feedback: str = ""
    addressed_to: tuple[str, ...] = ()
    returned: tuple[tuple[str, str], ...] = ()
    answers: tuple[str, ...] = ()


def inspect_mail(raw: bytes) -> Inspection:
    """Classify a raw mail. Never raises, whatever the bytes."""
    mail = parse_mail(raw)
    complaint = read_complaint(mail)
    reports = () if complaint else tuple(_reports(mail))
    if complaint:
        kind, text = (InboundKind.COMPLAINT if complaint.counts else InboundKind.OTHER), ""
        reports = tuple(complained(address) for address in complaint.recipients if complaint.counts)
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
        sender_name=sender_name(mail),
        message_id=mail.get("message-id")[:998],
        feedback=complaint.feedback if complaint else "",
        addressed_to=tuple(_addressees(mail)),
        returned=tuple(_returned(mail)) if kind in _ABOUT_A_MAIL else (),
        answers=tuple(answered_ids(mail)),
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
    standard = read_status_parts(mail) if _may_report(mail) else []
    reports = [_with_reason(mail, report) for report in standard] or read_notice(mail)
    if any(report.reason != Reason.UNSPECIFIED for report in reports) or not written_by_robot(mail):
        return reports
    wrapped = read_status_parts(mail, wrapped=True)
    same = {one.address.casefold() for one in wrapped} == {one.address.casefold() for one in reports}
    return wrapped if same or not reports else reports


def _may_report(mail: Mail) -> bool:
    """A report is a mail of its own kind; in another mail, a person passes on what they got."""
    return mail.root.content_type == "multipart/report" or written_by_robot(mail)


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


def sender_name(mail: Mail) -> str:
    """The name before the address in From, as claimed."""
    before, angle, _ = mail.decoded("from")[-600:].partition("<")
    return " ".join(before.strip(" \t\"'").split())[:160] if angle else ""


def answered_ids(mail: Mail) -> list[str]:
    """Message-IDs that a mail says it answers: In-Reply-To first, then References, the nearest first."""
    direct = re.findall(r"<[^<>\s]{1,250}>", mail.get("in-reply-to")[:2000])
    earlier = re.findall(r"<[^<>\s]{1,250}>", mail.get("references")[-8000:])
    return list(dict.fromkeys([*direct[:5], *reversed(earlier[-50:])]))


def _returned(mail: Mail) -> list[tuple[str, str]]:
    names = {"return-path", "reply-to", "message-id", "list-unsubscribe", "x-original-mail-from"}
    return [(name, value[:2000]) for name, value in returned_headers(mail) if name in names][:10]


def _addressees(mail: Mail) -> list[str]:
    """Where the header says the mail went, for ways in that know no envelope (a mailbox, a bare pipe)."""
    names = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
    values = [value for name in names for value in mail.root.get_all(name)[:5]]
    return [found for value in values for found in _ADDRESS.findall(value[:4000])][:50]
