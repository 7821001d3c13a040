"""What of an ordinary mailbox is ours to take, and how far it has been read.

The author's own mailbox stays as it is: nothing is marked, moved or deleted, and a mail is taken only when its header
says that it answers or returns something that we sent.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.conversation.inspecting import Inspection, answered_ids
from app.conversation.mime import parse_mail
from app.conversation.models import InboundKind, MailboxPosition
from app.conversation.notices import written_by_robot
from app.conversation.proof import read_answered
from app.delivery.verp import claims_signature
from app.foundation.tokens import Signer

_TO: Final = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")
_REPORTS: Final = frozenset({"delivery-status", "feedback-report"})


def concerns_us(header: bytes, signer: Signer) -> bool:
    """True for mail to a signed address, for answers to our mail, and for reports."""
    mail = parse_mail(header)
    for name in _TO:
        for value in mail.root.get_all(name)[:10]:
            for word in value[:8000].replace(",", " ").split():
                if claims_signature(word.strip("<>;\"'()")):
                    return True
    ids = answered_ids(mail)
    if ids and read_answered(signer, Inspection(InboundKind.REPLY, answers=tuple(ids))) is not None:
        return True
    return mail.root.parameters.get("report-type", "").lower() in _REPORTS or written_by_robot(mail)


def position_of(session: Session, account: str) -> MailboxPosition | None:
    """How far this mailbox has been read; None when it never was."""
    return session.get(MailboxPosition, account)


def move_position(session: Session, now: datetime, account: str, uid_validity: int, last_uid: int) -> None:
    """Note that everything up to `last_uid` has been dealt with; never moves back under the same UIDVALIDITY."""
    position = session.get(MailboxPosition, account)
    if position is None:
        position = MailboxPosition(account=account, uid_validity=uid_validity, last_uid=0, read_at=now)
        session.add(position)
    if position.uid_validity != uid_validity:
        position.uid_validity, position.last_uid = uid_validity, 0
    position.last_uid = max(position.last_uid, last_uid)
    position.read_at = now
