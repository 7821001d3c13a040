"""Feedback reports (RFC 5965, and what came before it): a reader pressed "this is spam", or a provider says otherwise.

Only `abuse` and the opt-outs say that a person wants no more of this; `auth-failure`, `not-spam` and the rest are
news for the operator and change nobody's state (S19).
"""

import re
from dataclasses import dataclass
from typing import Final

from app.conversation.mime import Mail, Part, split_fields

COMPLAINTS: Final = frozenset({"abuse", "opt-out", "opt-out-list"})

_TYPE: Final = re.compile(r"[\w-]{1,40}")
_ADDRESS: Final = re.compile(r"[^\s<>\"(),;:]{1,128}@[^\s<>\"(),;:@]{1,255}")
_FIELDS: Final = re.compile(rb"(?im)^feedback-type[ \t]*:")
_OLD_SUBJECT: Final = re.compile(
    r"complaint about message from|e-?mail feedback report for ip|abuse report", re.IGNORECASE
)


@dataclass(frozen=True)
class Complaint:
    """`feedback` is the Feedback-Type; `recipients` those the report names, often none as providers redact them."""

    feedback: str
    recipients: tuple[str, ...] = ()
    source: str = ""

    @property
    def counts(self) -> bool:
        """True when a person wants no more mail."""
        return self.feedback in COMPLAINTS


def read_complaint(mail: Mail) -> Complaint | None:
    """The feedback report a mail carries; None when it carries none."""
    part = next((part for part in mail.own_parts() if _is_report(mail, part)), None)
    if part is None:
        return _older_than_the_standard(mail)
    fields, _ = split_fields(part.content().lstrip(b"\n"))
    values: dict[str, str] = {}
    for name, value in fields:
        values.setdefault(name, value)
    found = _TYPE.match(values.get("feedback-type", "").strip())
    named = [values.get(name, "") for name in ("original-rcpt-to", "removal-recipient")]
    return Complaint(
        feedback=found.group(0).lower() if found else "unknown",
        recipients=tuple(dict.fromkeys(address for value in named for address in _ADDRESS.findall(value))),
        source=values.get("user-agent", "")[:200],
    )


def _is_report(mail: Mail, part: Part) -> bool:
    """The machine-readable part; some senders get its type wrong inside a report that is labelled right."""
    if part.content_type == "message/feedback-report":
        return True
    labelled = mail.root.parameters.get("report-type", "").lower() == "feedback-report"
    return labelled and part.depth == 1 and _FIELDS.search(part.content()[:2000]) is not None


def _older_than_the_standard(mail: Mail) -> Complaint | None:
    """Outlook's programme forwards the mail itself and names the reader in a header of its own."""
    for part in mail.parts():
        reader = part.get("x-hmxmroriginalrecipient")
        if part.depth and reader and _OLD_SUBJECT.search(mail.decoded("subject")):
            return Complaint("abuse", tuple(_ADDRESS.findall(reader)[:1]), "jmrp")
    return None


def returned_headers(mail: Mail) -> list[tuple[str, str]]:
    """The header fields of the mail a report returns, where our own signed tokens stand in it."""
    for part in mail.parts():
        if part.content_type in {"text/rfc822-headers", "message/rfc822-headers"}:
            return split_fields(part.content().lstrip(b"\n"))[0]
        if part.depth and part.get("message-id") and part.get("from"):
            return part.fields
    return []
