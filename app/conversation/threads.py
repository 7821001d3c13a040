"""A reader's answer becomes a message in a thread; one thread for a reader and the mail they answered."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.inspecting import Inspection
from app.conversation.models import Direction, InboundMail, Message, Thread, ThreadState
from app.delivery.models import Delivery, RecipientKind


def add_reply(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    delivery: Delivery,
    found: Inspection,
    *,
    chosen: bool = False,
) -> Message | None:
    """File an answer to a delivery. None when the very mail is filed already (it may come by two ways).

    The signed address says whose thread it is, never the From header (A48); `sender` keeps what From claimed.
    `chosen`: the lane is not our guess but that of the address the reader took, so it holds for the whole thread.
    """
    thread = _thread_of(session, delivery)
    if thread is None:
        thread = Thread(
            subscriber_id=delivery.recipient_id
            if delivery.recipient_kind is RecipientKind.SUBSCRIBER
            else None,
            correspondent_id=(
                delivery.recipient_id if delivery.recipient_kind is RecipientKind.CORRESPONDENT else None
            ),
            edition_id=delivery.edition_id,
            subject=found.subject,
            lane=found.lane,
            state=ThreadState.WAITING,
            opened_at=now,
            last_at=now,
        )
        session.add(thread)
        session.flush()
    elif found.message_id and _is_filed(session, thread.id, found.message_id):
        return None
    if chosen:
        thread.lane = found.lane
    thread.state = ThreadState.WAITING
    thread.last_at = now
    message = Message(
        thread_id=thread.id,
        direction=Direction.IN,
        at=now,
        sender=found.sender[:320],
        message_id=found.message_id,
        inbound_mail_id=inbound.id,
        delivery_id=delivery.id,
        text=found.text,
    )
    session.add(message)
    return message


def _thread_of(session: Session, delivery: Delivery) -> Thread | None:
    whose = (
        Thread.correspondent_id
        if delivery.recipient_kind is RecipientKind.CORRESPONDENT
        else Thread.subscriber_id
    )
    return session.scalars(
        select(Thread)
        .where(whose == delivery.recipient_id, Thread.edition_id == delivery.edition_id)
        .order_by(Thread.id.desc())
        .limit(1)
    ).first()


def _is_filed(session: Session, thread_id: int, message_id: str) -> bool:
    query = (
        select(Message.id).where(Message.thread_id == thread_id, Message.message_id == message_id).limit(1)
    )
    return session.scalar(query) is not None
