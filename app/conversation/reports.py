"""Delivery status notifications as RFC 3464 has them: every per-recipient block, each with its own verdict."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.conversation.charsets import decode_header
from app.conversation.mime import Mail, Part, split_fields
from app.delivery.models import BounceClass
from app.delivery.refusals import Reason
from app.delivery.verdicts import judge, status_of

STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})

_ADDRESS: Final = re.compile(r"[^\s<>\"(),;:]{1,128}@[^\s<>\"(),;:@]{1,255}")
_CODE: Final = re.compile(r"(?<![\d.])([45][0-7]\d)(?=[\s-])")
_BLANK: Final = re.compile(rb"\n[ \t]*\n[ \t\n]*")


class Action(StrEnum):
    """RFC 3464 2.3.3, and what the recipient of a feedback report did."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    COMPLAINED = "complained"


@dataclass(frozen=True)
class RecipientReport:
    """What a report says about one recipient. `hard` is only ever true of a failure of the address itself."""

    address: str
    action: Action
    status: str = ""
    reason: str = ""
    hard: bool = False
    bounce_class: BounceClass | None = None
    words: str = ""


def failed(address: str, *, status: str = "", words: str = "") -> RecipientReport:
    """A failure with its verdict drawn from the status and the server's words."""
    code = _CODE.search(words)
    status = status or status_of(words)
    verdict = judge(status=status, code=int(code.group(1)) if code else None, text=words)
    return RecipientReport(
        address=address,
        action=Action.FAILED,
        status=status,
        reason=verdict.reason,
        hard=verdict.hard,
        bounce_class=verdict.bounce_class,
        words=words[:1000],
    )


def delayed(address: str, *, status: str = "", words: str = "") -> RecipientReport:
    """A warning that the server still tries: never held against anybody."""
    return RecipientReport(address, Action.DELAYED, status, Reason.TEMPORARY, words=words[:1000])


def complained(address: str) -> RecipientReport:
    """Somebody who called the mail unwanted."""
    return RecipientReport(
        address, Action.COMPLAINED, reason=Reason.COMPLAINT, bounce_class=BounceClass.COMPLAINT
    )


def read_status_parts(mail: Mail, *, wrapped: bool = False) -> list[RecipientReport]:
    """The reports of every delivery-status part of a mail, one for each recipient; the last word wins.

    `wrapped` looks inside attached messages too, for gateways that wrap the report of another server.
    """
    reports: dict[str, RecipientReport] = {}
    for part in mail.parts() if wrapped else mail.own_parts():
        if part.content_type in STATUS_TYPES:
            for report in _read_part(part):
                reports[report.address.casefold()] = report
    return list(reports.values())


def _read_part(part: Part) -> list[RecipientReport]:
    blocks = [dict(reversed(split_fields(block)[0])) for block in _BLANK.split(part.content().strip(b"\n"))]
    return [report for block in blocks if (report := _read_block(block)) is not None]


def _read_block(block: dict[str, str]) -> RecipientReport | None:
    address = _recipient(block)
    if not address:
        return None
    action = block.get("action", "").partition("(")[0].strip().lower()
    words = decode_header(block.get("diagnostic-code", ""))
    status = status_of(block.get("status", "")) or status_of(words)
    if action.startswith("delay"):
        return delayed(address, status=status, words=words)
    if action in {Action.DELIVERED, Action.RELAYED, Action.EXPANDED}:
        return RecipientReport(address, Action(action), status, words=words[:1000])
    if not action.startswith("fail") and not status.startswith("5"):
        return delayed(address, status=status, words=words) if status.startswith("4") else None
    return failed(address, status=status, words=words)


def _recipient(block: dict[str, str]) -> str:
    """The address we wrote to where the server kept it (ORCPT, RFC 3461 4.2), else where it ended up."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        kind, _, value = block.get(name, "").rpartition(";")
        found = _ADDRESS.search(_unxtext(value) if name == "original-recipient" else value)
        if found and kind.strip().lower() in {"rfc822", "utf-8", ""}:
            return plain_address(found.group(0))
    return ""


def plain_address(text: str) -> str:
    """An address without the wrapping some servers give it; empty when it cannot be one."""
    address = re.sub(r"^(?:smtp|rfc-?822|internet)=", "", text.strip(".'`"), flags=re.IGNORECASE)
    local = address.rpartition("@")[0]
    return "" if not local or ".." in local or local.startswith(".") or local.endswith(".") else address


def _unxtext(value: str) -> str:
    """RFC 3461 4: `+40` stands for `@`; a plus that is part of the address stays."""
    return re.sub(r"\+(3D|2B|40|20)", lambda found: chr(int(found.group(1), 16)), value)
