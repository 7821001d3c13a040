"""A reader's answer becomes a message in a thread.

Whose thread it is says the signed address or the signed Message-ID that was answered, never the From header (A48).
Mail that carries neither is filed too, under the sender it claims, and says so wherever it is shown.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.conversation.correspondents import claimed_subscriber, ensure_correspondent, read_claimed
from app.conversation.inspecting import Inspection
from app.conversation.lanes import LaneGuess, classify_lane
from app.conversation.learning import read_corrections
from app.conversation.models import (
    Direction,
    InboundMail,
    LaneBy,
    Message,
    Proof,
    Thread,
    ThreadState,
)
from app.delivery.models import Correspondent, Delivery, RecipientKind
from app.subscribers.models import Subscriber

SAME_SUBJECT_WITHIN: Final = timedelta(days=30)
_ANSWER_MARKS: Final = re.compile(
    r"^(?:(?:re|aw|sv|antw|odp|vs|ref|rif|res|tr|wg|fwd?)\s?(?:\[\d+\])?:\s*)+", re.I
)


@dataclass(frozen=True)
class Writer:
    """Who a thread belongs to; both empty for somebody whose address cannot be written to."""

    subscriber_id: int | None = None
    correspondent_id: int | None = None

    @property
    def is_theirs(self) -> ColumnElement[bool]:
        if self.subscriber_id is not None:
            return Thread.subscriber_id == self.subscriber_id
        return Thread.correspondent_id == self.correspondent_id


def add_reply(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    delivery: Delivery,
    found: Inspection,
    *,
    key: bytes,
    chosen: bool = False,
) -> Message | None:
    """File an answer to a delivery. None when the very mail is filed already (it may come by two ways).

    `sender` keeps what From claimed. `chosen`: the lane in `found` is not our guess but that of the address the
    reader took, so it holds for the whole thread. `key` is that of the address hashes.
    """
    writer = _writer_of(session, delivery)
    proof = Proof.TOKEN
    if writer is None:
        # Erased since: what they write now is a beginning, and the old token proves nobody any more.
        writer, proof = _claimed_writer(session, now, found, key), Proof.SENDER
    thread = _answered_thread(session, delivery, writer)
    return _file(session, now, inbound, found, thread, writer, delivery=delivery, proof=proof, chosen=chosen)


def add_unproven(
    session: Session, now: datetime, inbound: InboundMail, found: Inspection, *, key: bytes
) -> Message | None:
    """File a person's mail that proves nothing about its sender: under a mail of theirs that it answers, under a
    recent thread of the claimed sender with the same subject, or as a thread of its own. None when it is filed already.
    """
    writer = _claimed_writer(session, now, found, key)
    thread = _referenced_thread(session, found, writer) or _recent_thread(session, now, found, writer)
    return _file(
        session, now, inbound, found, thread, writer, delivery=None, proof=Proof.SENDER, chosen=False
    )


def base_subject(subject: str) -> str:
    """The subject without the marks of answering and forwarding."""
    return _ANSWER_MARKS.sub("", subject.strip())


def _file(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    found: Inspection,
    thread: Thread | None,
    writer: Writer,
    *,
    delivery: Delivery | None,
    proof: Proof,
    chosen: bool,
) -> Message | None:
    if found.message_id and _is_filed(session, writer, found.message_id):
        return None
    if thread is None:
        thread = _open_thread(session, now, found, writer, delivery, chosen=chosen)
    elif chosen:
        _put_in_lane(thread, classify_lane("", address_lane=found.lane), LaneBy.ADDRESS)
    thread.state, thread.unread, thread.snoozed_until = ThreadState.WAITING, True, None
    thread.last_at = now
    message = Message(
        thread_id=thread.id,
        direction=Direction.IN,
        at=now,
        sender=found.sender[:320],
        proof=proof,
        message_id=found.message_id,
        earlier_ids=" ".join(found.answers)[:4000],
        inbound_mail_id=inbound.id,
        delivery_id=delivery.id if delivery else None,
        text=found.text.replace("\0", ""),
    )
    session.add(message)
    session.flush()
    return message


def _open_thread(
    session: Session,
    now: datetime,
    found: Inspection,
    writer: Writer,
    delivery: Delivery | None,
    *,
    chosen: bool,
) -> Thread:
    thread = Thread(
        subscriber_id=writer.subscriber_id,
        correspondent_id=writer.correspondent_id,
        edition_id=delivery.edition_id if delivery else None,
        subject=found.subject.replace("\0", ""),
        state=ThreadState.WAITING,
        opened_at=now,
        last_at=now,
    )
    if chosen:
        _put_in_lane(thread, classify_lane("", address_lane=found.lane), LaneBy.ADDRESS)
    else:
        _put_in_lane(thread, classify_lane(found.text, corrections=read_corrections(session)), LaneBy.WORDS)
    session.add(thread)
    session.flush()
    return thread


def _put_in_lane(thread: Thread, guess: LaneGuess, by: LaneBy) -> None:
    thread.lane, thread.lane_by = guess.lane, by
    thread.lane_certainty = round(guess.confidence * 100)
    thread.lane_reasons = "\n".join(guess.reasons)


def _writer_of(session: Session, delivery: Delivery) -> Writer | None:
    """Whom the delivery went to; None when they were erased since."""
    if delivery.recipient_kind is RecipientKind.CORRESPONDENT:
        known = session.get(Correspondent, delivery.recipient_id)
        return Writer(correspondent_id=known.id) if known and known.address else None
    if session.get(Subscriber, delivery.recipient_id) is None:
        return None
    return Writer(subscriber_id=delivery.recipient_id)


def _claimed_writer(session: Session, now: datetime, found: Inspection, key: bytes) -> Writer:
    address = read_claimed(found.sender)
    if address is None:
        return Writer()
    subscriber = claimed_subscriber(session, address)
    if subscriber is not None:
        return Writer(subscriber_id=subscriber.id)
    return Writer(correspondent_id=ensure_correspondent(session, now, address, key, found.sender_name).id)


def _answered_thread(session: Session, delivery: Delivery, writer: Writer) -> Thread | None:
    """The thread of an answer of ours that was answered again, or the one about the same mail."""
    ours = session.scalars(
        select(Thread)
        .join(Message, Message.thread_id == Thread.id)
        .where(Message.delivery_id == delivery.id, Message.direction == Direction.OUT, writer.is_theirs)
        .limit(1)
    ).first()
    if ours is not None or writer == Writer():
        return ours
    return session.scalars(
        select(Thread)
        .where(writer.is_theirs, Thread.edition_id == delivery.edition_id)
        .order_by(Thread.id.desc())
        .limit(1)
    ).first()


def _referenced_thread(session: Session, found: Inspection, writer: Writer) -> Thread | None:
    """The thread of one of the sender's own mails: people answer themselves to add something."""
    if not found.answers or writer == Writer():
        return None
    return session.scalars(
        select(Thread)
        .join(Message, Message.thread_id == Thread.id)
        .where(Message.message_id.in_(found.answers), writer.is_theirs)
        .order_by(Thread.id.desc())
        .limit(1)
    ).first()


def _recent_thread(session: Session, now: datetime, found: Inspection, writer: Writer) -> Thread | None:
    subject = base_subject(found.subject)
    if not subject or writer == Writer():
        return None
    recent = session.scalars(
        select(Thread)
        .where(writer.is_theirs, Thread.last_at > now - SAME_SUBJECT_WITHIN)
        .order_by(Thread.last_at.desc())
        .limit(20)
    )
    return next((thread for thread in recent if base_subject(thread.subject) == subject), None)


def _is_filed(session: Session, writer: Writer, message_id: str) -> bool:
    if writer == Writer():
        return False
    query = (
        select(Message.id)
        .join(Thread, Thread.id == Message.thread_id)
        .where(Message.message_id == message_id, writer.is_theirs)
        .limit(1)
    )
    return session.scalar(query) is not None
