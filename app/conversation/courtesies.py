"""What we write by ourselves when mail comes in: one line to a reader who left by mail, one to the authors when servers
refuse a letter. Both go through the ledger, so that neither can go twice.

An automatic mail is never answered (RFC 3834, 2): two robots would write to each other for ever. Ours says of itself
that it is automatic, goes to the reader's address on record and not to whoever wrote, and only when something changed.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.conversation.mime import parse_mail
from app.conversation.models import InboundMail
from app.delivery.editions import get_edition
from app.delivery.notices import tell_of_pause
from app.delivery.unrest import Refused
from app.foundation.errors import HandoffError
from app.signup.desk import Desk
from app.signup.mails import queue_left

log = logging.getLogger(__name__)

_KNOWS_SENDER: Final = frozenset({"lmtp", "smtp"})


def is_automatic(inbound: InboundMail, raw: bytes) -> bool:
    """True for mail from nobody (the null sender), and for mail that says that no person wrote it."""
    mail = parse_mail(raw[:65_536])
    if inbound.via in _KNOWS_SENDER and not inbound.envelope_from:
        return True
    if mail.get("return-path").strip() == "<>":
        return True
    said = mail.get("auto-submitted").partition(";")[0].strip().casefold()
    bulk = mail.get("precedence").strip().casefold() in {"bulk", "junk", "list", "auto_reply"}
    return said not in {"", "no"} or bulk or bool(mail.get("x-loop") or mail.get("list-id"))


def confirm_leaving(
    session: Session,
    now: datetime,
    desk: Desk,
    inbound: InboundMail,
    raw: bytes,
    subscriber_id: int,
    topic_ids: Collection[int],
) -> None:
    """Say that it is done, unless a robot asked; the leaving itself stands whatever becomes of this mail."""
    if not topic_ids or is_automatic(inbound, raw):
        return
    try:
        with session.begin_nested():
            queue_left(session, now, desk, subscriber_id, topic_ids, occasion=f"left:{inbound.id}")
    except HandoffError:
        log.exception("reader %s could not be told that they have left", subscriber_id)


def tell_of_refusal(session: Session, now: datetime, desk: Desk, refused: Refused) -> None:
    """To the authors; the studio shows the same words."""
    try:
        with session.begin_nested():
            edition = get_edition(session, refused.edition_id)
            tell_of_pause(session, now, edition, refused.why, emails_dir=desk.emails_dir, links=desk.links)
    except HandoffError:
        log.exception("the authors could not be told that edition %s is refused", refused.edition_id)
