"""What follows from a person's mail, however it was recognised: a message, its files kept, follow-ups over."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.conversation.attachments import keep_attachments
from app.conversation.inspecting import Inspection
from app.conversation.models import InboundMail, Lane, Message
from app.conversation.threads import add_reply, add_unproven
from app.delivery.models import Delivery, RecipientKind
from app.delivery.verp import ReplyLane
from app.guides.followups import stop_followups


def file_reply(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    delivery: Delivery,
    found: Inspection,
    raw: bytes,
    *,
    key: bytes,
    lane: ReplyLane | None,
) -> Message | None:
    """An answer to this delivery, in the `lane` of the address it was written to; None when it is filed already."""
    if lane is not None:
        found = replace(found, lane=Lane[lane.name])
    message = add_reply(session, now, inbound, delivery, found, key=key, chosen=lane is not None)
    if message is not None:
        keep_attachments(session, message, raw)
    if delivery.recipient_kind is RecipientKind.SUBSCRIBER:
        stop_followups(session, now, delivery.recipient_id, "replied")
    return message


def file_unproven(
    session: Session, now: datetime, inbound: InboundMail, found: Inspection, raw: bytes, *, key: bytes
) -> Message | None:
    """A mail whose sender nothing proves; it changes nothing about anybody. None when it is filed already."""
    message = add_unproven(session, now, inbound, found, key=key)
    if message is not None:
        keep_attachments(session, message, raw)
    return message
