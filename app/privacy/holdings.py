"""Where one person stands in the tables beside their own row: what an export reads and an erasure removes are the same.

A reader may have written to us before they were one, so the correspondent with their address is the same person.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.conversation.models import InboundMail, Message, Thread
from app.delivery.models import Correspondent, Delivery, RecipientKind
from app.delivery.verp import read_address
from app.foundation.tokens import Signer
from app.subscribers.models import Subscriber


@dataclass(frozen=True)
class Holdings:
    """Numbers of rows. `subscriber_id` is 0 for somebody who only wrote to us; `known_as` are their addresses."""

    subscriber_id: int
    address_hash: str
    known_as: tuple[str, ...]
    correspondents: tuple[int, ...]
    deliveries: tuple[int, ...]
    threads: tuple[int, ...]
    inbound: tuple[int, ...]


@dataclass(frozen=True)
class Addressed:
    """Mails that came to signed addresses, by the delivery and by the reader those stand for: whoever sent them, they
    answer mail of that person. A holiday notice has no other sender."""

    by_delivery: Mapping[int, list[int]]
    by_subscriber: Mapping[int, list[int]]


def read_addressed(session: Session, signer: Signer, since: datetime) -> Addressed:
    """What came since then; one pass over it, for one person or for many."""
    by_delivery: dict[int, list[int]] = defaultdict(list)
    by_subscriber: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        select(InboundMail.id, InboundMail.envelope_to).where(
            InboundMail.received_at >= since, InboundMail.envelope_to.contains("+")
        )
    )
    for inbound_id, written_to in rows:
        signed = read_address(signer, written_to)
        if signed is not None and signed.delivery_id:
            by_delivery[signed.delivery_id].append(inbound_id)
        if signed is not None and signed.subscriber_id:
            by_subscriber[signed.subscriber_id].append(inbound_id)
    return Addressed(by_delivery, by_subscriber)


def holdings_of(
    session: Session, signer: Signer, person: Subscriber | Correspondent, addressed: Addressed | None = None
) -> Holdings:
    """All of a reader's, or of somebody's who wrote to us without being one. `addressed`: read already, for many."""
    subscriber_id = person.id if isinstance(person, Subscriber) else 0
    same = session.scalars(
        select(Correspondent)
        .where(Correspondent.address_hash == person.address_hash)
        .order_by(Correspondent.id)
    ).all()
    correspondents = tuple(each.id for each in same)
    known_as = {name for each in (person, *same) for name in (each.address, each.canonical) if name}
    theirs = _recipient(RecipientKind.CORRESPONDENT, correspondents)
    in_threads: ColumnElement[bool] = Thread.correspondent_id.in_(correspondents)
    if subscriber_id:
        theirs = or_(theirs, _recipient(RecipientKind.SUBSCRIBER, (subscriber_id,)))
        in_threads = or_(in_threads, Thread.subscriber_id == subscriber_id)
    deliveries = tuple(session.scalars(select(Delivery.id).where(theirs).order_by(Delivery.id)))
    threads = tuple(session.scalars(select(Thread.id).where(in_threads).order_by(Thread.id)))
    if addressed is None:
        addressed = read_addressed(session, signer, min(each.created_at for each in (person, *same)))
    mails = _filed(session, threads, known_as)
    mails.update(addressed.by_subscriber.get(subscriber_id, ()))
    for delivery_id in deliveries:
        mails.update(addressed.by_delivery.get(delivery_id, ()))
    return Holdings(
        subscriber_id=subscriber_id,
        address_hash=person.address_hash,
        known_as=tuple(sorted(known_as)),
        correspondents=correspondents,
        deliveries=deliveries,
        threads=threads,
        inbound=tuple(sorted(mails)),
    )


def _recipient(kind: RecipientKind, ids: tuple[int, ...]) -> ColumnElement[bool]:
    return and_(Delivery.recipient_kind == kind, Delivery.recipient_id.in_(ids))


def _filed(session: Session, threads: tuple[int, ...], known_as: set[str]) -> set[int]:
    """Mails of their conversations, and others that came from one of their addresses."""
    filed = select(Message.inbound_mail_id).where(
        Message.thread_id.in_(threads), Message.inbound_mail_id.is_not(None)
    )
    sent = func.lower(InboundMail.envelope_from).in_({name.lower() for name in known_as})
    return set(session.scalars(select(InboundMail.id).where(InboundMail.id.in_(filed) | sent)))
