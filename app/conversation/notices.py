"""Failure notices in words: the bounces of servers that never learned RFC 3464.

No template for any server. A notice is taken for a bounce only when a robot wrote it and it says that something was
not delivered; then every address in it is weighed by where it stands. An ordinary mail must never pass: whoever
quotes a bounce in an answer is a person, and a list or a vacation notice names no failed recipient.
"""

import re
from dataclasses import dataclass
from typing import Final

from app.conversation.mime import Mail, Part, split_fields
from app.conversation.phrases import (
    ANNOUNCE,
    ARRIVED,
    CHALLENGE,
    DELAY,
    FAILURE,
    FINAL,
    HELD,
    NOT_A_RECIPIENT,
    OPENING,
    RETURNED,
    RETURNER,
    ROBOT,
    SUBJECT,
    TICKET,
    UNLESS,
)
from app.conversation.readable import html_to_text
from app.conversation.reports import RecipientReport, delayed, failed, plain_address
from app.delivery.refusals import Reason

MAX_LINES: Final = 400
MAX_NOTICE: Final = 60_000
REASON_LINES: Final = 14

_ADDRESS: Final = re.compile(
    r"(?<![\w.+%-])[\w!#$%&'*+/=?^`{|}~.-]{1,64}@(?:[\w-]{1,63}\.){1,10}[\w-]{2,63}(?![\w@-])"
)
_FIELD_LINE: Final = re.compile(
    r"^(?:return-path|received|message-id|date|from|to|subject|mime-version|x-[\w-]+|content-type|sender|cc|delivered-to)\s?:",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^[\s>|*\-\"'`•·<\[({]*(?:(?:to|an|à|a|para|recipient(?: address)?|empfänger(?:adresse)?|destinataire|"
    r"destinatario|addressee|address|收件[人者]|受信者|宛先|받는 ?사람|수신자|ontvanger|mottagare|modtager|mottaker|"
    r"odbiorca|příjemce|alıcı|получатель|адресат|user|mailto|rcpt to|for|"
    r"failed (?:address|recipient)|unknown user|final-recipient|original-recipient)\b[\s:;,]*(?:rfc822\s*;)?)?"
    r"[\s:<\[({\"'`]*(?:mailto:|smtp:)?$",
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(
    r"^[\s>\])}\"'`:;,.]*(?:$|[(\[<:;,.…-]|on |\d{3}[ -]|mailto|is |was |user|unknown|has |wasn)", re.I
)
_OUR_SIDE: Final = re.compile(
    r"^(?:mailer-?daemon|postmaster|abuse|support|help(?:desk)?|admin|hostmaster|noreply|no-reply)@", re.I
)


@dataclass
class _Weighed:
    """An address of the notice, where it first stood, and how much speaks for it."""

    address: str
    line: int
    weight: int


def read_notice(mail: Mail) -> list[RecipientReport]:
    """The recipients a notice in words speaks of; empty for everything that is no such notice."""
    lines = _notice_lines(mail)
    subject = " ".join(mail.decoded("subject").casefold().split())
    text = f"{subject} {_flat(lines)}"
    certain = returns_mail(mail)
    if not certain and (TICKET.match(subject) or CHALLENGE.search(text)):
        return []
    if not written_by_robot(mail) and not _opens_like_one(mail, lines):
        return []
    named = bool(SUBJECT.search(subject)) or bool(mail.get("x-failed-recipients"))
    if not named and not certain and HELD.search(subject):
        return []
    if not (FAILURE.search(text) or DELAY.search(text) or (named and ANNOUNCE.search(text))):
        return []
    sure = bool(FINAL.search(text)) or "mailer-daemon" in mail.get("from").casefold()
    chosen = _choose(
        mail,
        lines,
        least=1 if named else 2 if sure else 3,
        in_prose=certain or (named and not _is_newsletter(mail)),
    )
    if named and all(one.weight < 2 for one in chosen):
        chosen = _from_elsewhere(mail, lines) or chosen
    if DELAY.search(text) and not FINAL.search(UNLESS.sub("", text)):
        return [delayed(one.address, words=_block(lines, one, chosen)) for one in chosen]
    return [_failed(lines, one, chosen) for one in chosen]


def words_about(mail: Mail, address: str) -> list[str]:
    """What the readable part of a report says about one of its recipients, the nearest words first."""
    lines = _notice_lines(mail)
    at = next((no for no, line in enumerate(lines) if address.casefold() in line.casefold()), None)
    if at is None:
        return ["\n".join(lines)]
    return _words_near(lines, _Weighed(address, at, 0), [])


def _failed(lines: list[str], one: _Weighed, chosen: list[_Weighed]) -> RecipientReport:
    """The verdict from the nearest words that give a reason."""
    reports = [failed(one.address, words=words) for words in _words_near(lines, one, chosen)]
    return next((report for report in reports if report.reason != Reason.UNSPECIFIED), reports[0])


def _words_near(lines: list[str], one: _Weighed, chosen: list[_Weighed]) -> list[str]:
    """From an address's line to the next one's; the lines above it; all of a notice about one recipient."""
    nearest = _block(lines, one, chosen)
    before = max((other.line + 1 for other in chosen if other.line < one.line), default=0)
    above = "\n".join(
        line.strip() for line in lines[max(before, one.line - 5) : one.line + 1] if line.strip()
    )
    session = _session_at(lines)
    first = min((other.line for other in chosen), default=len(lines))
    shared = [lines[session:], lines[:first] if len(chosen) > 1 else lines]
    said = ["\n".join(line.strip() for line in some if line.strip()) for some in shared]
    return [words for words in (nearest, above, *said) if words] or [""]


def written_by_robot(mail: Mail) -> bool:
    """The null sender, a robot's name in From, or the header of a program that returns mail."""
    path = mail.get("return-path").strip()
    sender = mail.decoded("from").casefold()
    return path == "<>" or not sender.strip() or returns_mail(mail) or bool(ROBOT.search(sender))


def returns_mail(mail: Mail) -> bool:
    """Written by a program that does little else than return mail; a postmaster may be a person, a robot may nag."""
    sender = mail.decoded("from").casefold()
    if "<>" in sender or RETURNER.search(f"{sender} {mail.get('return-path').casefold()}"):
        return True
    if mail.get("x-failed-recipients") or mail.get("x-ms-embedded-report"):
        return True
    return mail.root.parameters.get("report-type", "") == "delivery-status"


def _is_newsletter(mail: Mail) -> bool:
    """Sent to a list; one that Mailman ran and passed a notice on to its owner has left its name."""
    return bool(mail.get("list-id") or mail.get("list-unsubscribe")) and not mail.get("x-beenthere")


def _opens_like_one(mail: Mail, lines: list[str]) -> bool:
    """A subject that says so and a first line that no person would write; an answer or a forward is never one."""
    subject = " ".join(mail.decoded("subject").casefold().split())
    first = next((line.strip() for line in lines if re.search(r"\w", line)), "")
    forwarded = subject.startswith(("fw:", "fwd:", "wg:", "tr:")) or mail.get("in-reply-to")
    return bool(SUBJECT.search(subject) and OPENING.match(first) and not forwarded)


def _notice_lines(mail: Mail) -> list[str]:
    """The readable lines of the notice, up to where the returned mail begins."""
    text = next((words for part in _readable(mail) if (words := _words(part)).strip()), "")
    lines = [line.replace("\u00a0", " ").rstrip() for line in text[:MAX_NOTICE].split("\n")[:MAX_LINES]]
    for at, line in enumerate(lines):
        if at and (RETURNED.match(line.strip()) or _is_header_block(lines, at)):
            return lines[:at]
    return lines


def _readable(mail: Mail) -> list[Part]:
    """Text parts of the notice's own, plain before HTML; a multipart that fell apart counts as plain text."""
    own = [part for part in mail.own_parts() if not part.children]
    plain = [p for p in own if p.content_type == "text/plain" or p.content_type.startswith("multipart/")]
    return [*plain, *(p for p in own if p.content_type == "text/html"), *(p for p in own if p.depth == 0)]


def _words(part: Part) -> str:
    text = part.text()
    return html_to_text(text) if part.content_type == "text/html" else text


def _is_header_block(lines: list[str], at: int) -> bool:
    """Three header fields close together, one of them of a mail that travelled: the returned mail's own header."""
    if not re.match(
        r">? ?(?:return-path|received|message-id|x-[\w-]+|mime-version|delivered-to)\s?:", lines[at], re.I
    ):
        return False
    near = [line.lstrip("> ") for line in lines[at : at + 12]]
    return sum(bool(_FIELD_LINE.match(line)) for line in near) >= 3


def _choose(mail: Mail, lines: list[str], *, least: int, in_prose: bool) -> list[_Weighed]:
    """The addresses with the most speaking for them, in the order in which they stand.

    Without `in_prose` only those count that stand apart: in a sentence, a person may speak of anybody.
    """
    known: dict[str, _Weighed] = {}
    ours = _our_addresses(mail)
    our_domains = {address.rpartition("@")[2] for address in _addresses_in(mail.get("to"))}
    session = _session_at(lines)
    for at, line in enumerate(lines):
        for found in _ADDRESS.finditer(line):
            address = plain_address(found.group(0))
            key = address.casefold()
            if not address or key in ours or _OUR_SIDE.match(address) or _stands_for_another(lines, at):
                continue
            if not in_prose and not _stands_apart(line, found):
                continue
            weight = _weigh(lines, at, found) - 2 * (key.rpartition("@")[2] in our_domains)
            one = known.setdefault(key, _Weighed(address, at, weight))
            if weight > one.weight:
                one.line = at if at < session or one.weight < least else one.line
                one.weight = weight
    top = max((one.weight for one in known.values()), default=0)
    enough = max(least, min(top - 1, 3))
    return sorted((one for one in known.values() if one.weight >= enough), key=lambda one: one.line)


def _session_at(lines: list[str]) -> int:
    """Where the servers' conversation begins, which adds to what was said of the recipients above it."""
    return next((no for no, line in enumerate(lines) if "transcript" in line.casefold()), len(lines))


def _stands_apart(line: str, found: re.Match[str]) -> bool:
    """It begins the line, or ends one that announces it."""
    before = " ".join(line[: found.start()].casefold().rstrip("<\"' ").split())
    if _LEADING.match(before):
        return True
    return not re.search(r"\w", line[found.end() :]) and (
        before.endswith(":") or bool(ANNOUNCE.search(before))
    )


def _stands_for_another(lines: list[str], at: int) -> bool:
    """Exim names where the mail went in the end, and on the next line whom we wrote to."""
    return at + 1 < len(lines) and lines[at + 1].strip().startswith("(generated from ")


def _weigh(lines: list[str], at: int, found: re.Match[str]) -> int:
    line = lines[at]
    flat = " ".join(line.casefold().split())
    before, after = line[: found.start()], line[found.end() :]
    weight = 0
    if _LEADING.match(before):
        weight += 2 if _TRAILING.match(after) else 1
    if FAILURE.search(flat) or ANNOUNCE.search(flat):
        weight += 2
    if _announced(lines, at):
        weight += 2
    if FAILURE.search(_flat(lines[at + 1 : at + 4])):
        weight += 1
    if ARRIVED.search(flat) or ARRIVED.search(_flat(lines[at - 1 : at])):
        weight -= 6
    if re.match(r"\s*(?:to|an|à|para|a)\s*:", line, re.I) and _describes_a_mail(lines, at):
        weight -= 2
    if NOT_A_RECIPIENT.search(" ".join(before.casefold().split())):
        weight -= 4
    return weight


def _describes_a_mail(lines: list[str], at: int) -> bool:
    """Sender, subject or date beside it: the notice says which mail it is about, not who did not get it."""
    near = [*lines[max(0, at - 3) : at], *lines[at + 1 : at + 4]]
    return sum(bool(_FIELD_LINE.match(line.strip())) for line in near) >= 2


def _announced(lines: list[str], at: int) -> bool:
    """One of the lines above says that the addresses concerned follow; a list may run for many lines."""
    seen = 0
    for line in reversed(lines[max(0, at - 30) : at]):
        if not line.strip():
            continue
        if ANNOUNCE.search(" ".join(line.casefold().split())):
            return True
        if not _ADDRESS.search(line):
            seen += 1
        if seen >= 3:
            return False
    return False


def _our_addresses(mail: Mail) -> set[str]:
    """Whom the notice was sent to and who sent it: never the recipient concerned."""
    names = ("to", "from", "reply-to", "return-path", "sender")
    values = [value for name in names for value in mail.root.get_all(name)[:5]]
    return {address.casefold() for value in values for address in _addresses_in(value)}


def _addresses_in(value: str) -> list[str]:
    return [found.group(0) for found in _ADDRESS.finditer(value[:4000])]


def _from_elsewhere(mail: Mail, lines: list[str]) -> list[_Weighed]:
    """Notices that name the recipient only in a header, the subject, or as a name without a domain."""
    for value in mail.root.get_all("x-failed-recipients"):
        if found := _addresses_in(value):
            return [_Weighed(address, 0, 3) for address in dict.fromkeys(found)]
    if named := _addresses_in(mail.decoded("subject")):
        return [_Weighed(named[0], 0, 3)]
    if local := _local_user(mail, lines):
        return [local]
    returned = _returned_recipient(mail)
    return [_Weighed(returned, 0, 3)] if returned else []


def _local_user(mail: Mail, lines: list[str]) -> _Weighed | None:
    """A bare name on the line after the announcement is a user of the server that wrote the notice."""
    domain = next(iter(_addresses_in(mail.decoded("from"))), "").rpartition("@")[2]
    for at, line in enumerate(lines[:-1]):
        name = next((text.strip() for text in lines[at + 1 : at + 3] if text.strip()), "")
        if (
            domain
            and ANNOUNCE.search(" ".join(line.casefold().split()))
            and re.fullmatch(r"[\w.+-]{2,64}", name)
        ):
            return _Weighed(f"{name}@{domain}", at + 1, 3)
    return None


def _returned_recipient(mail: Mail) -> str:
    """The one recipient of the mail that came back with the notice; a list's own address is nobody's."""
    ours = {address.rpartition("@")[2].casefold() for address in _addresses_in(mail.get("to"))}
    for part in mail.parts():
        is_header = part.content_type == "text/rfc822-headers"
        if part.depth == 0 or not (is_header or part.get("message-id") or part.get("received")):
            continue
        to = split_fields(part.content())[0] if is_header else part.fields
        found = {address for name, value in to if name == "to" for address in _addresses_in(value)}
        if len(found) == 1 and (address := found.pop()).rpartition("@")[2].casefold() not in ours:
            return address
    return ""


def _block(lines: list[str], one: _Weighed, chosen: list[_Weighed]) -> str:
    """The server's words about an address: from its line to the next one's, or to the conversation that follows."""
    following = min((other.line for other in chosen if other.line > one.line), default=len(lines))
    session = _session_at(lines)
    end = min(following, one.line + REASON_LINES, session if one.line < session else len(lines))
    return "\n".join(line.strip() for line in lines[one.line : end] if line.strip())


def _flat(lines: list[str]) -> str:
    return " ".join(" ".join(lines).casefold().split())
