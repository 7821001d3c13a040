"""Erasing a person: every table, and nothing kept but the hash that keeps them unmailed. An address that somebody
typed and nobody confirmed goes the same way after a while, and then not even the hash is kept: it may be typed again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from app.conversation.models import Direction, InboundMail, Message, Thread
from app.conversation.weekly import WEEKLY_KEY
from app.delivery.eligibility import suppressed
from app.delivery.models import (
    Bounce,
    Correspondent,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    Outcome,
    RecipientKind,
)
from app.foundation.storage import Storage
from app.guides.models import Grant, GrantState
from app.guides.sources import DIRECT
from app.guides.visiting import count_forgotten
from app.signup.models import Invitation, JoinRequest
from app.subscribers.models import Subscriber, SubscriberState, Subscription, SuppressionReason
from app.subscribers.suppression import suppress
from app.tracking.models import Click, Open


@dataclass(frozen=True)
class Erased:
    """What was removed. `files` must be deleted from storage once the transaction has committed."""

    deliveries: int
    messages: int
    files: tuple[str, ...]


def erase_subscriber(session: Session, now: datetime, subscriber: Subscriber) -> Erased:
    """Remove a reader everywhere.

    The ledger keeps its numbers (a delivery to a number that belongs to nobody any more); addresses, names, words,
    peers and raw mail go. Subscriptions, consent records, requests and grants go with the subscriber's row.
    """
    suppress(session, now, subscriber.address_hash, SuppressionReason.ERASED)
    return _remove(session, subscriber)


def erase_correspondent(session: Session, now: datetime, correspondent: Correspondent) -> Erased:
    """Remove somebody who wrote to us and was never a reader, as thoroughly."""
    suppress(session, now, correspondent.address_hash, SuppressionReason.ERASED)
    deliveries = select(Delivery.id).where(
        Delivery.recipient_kind == RecipientKind.CORRESPONDENT, Delivery.recipient_id == correspondent.id
    )
    session.execute(update(Outcome).where(Outcome.delivery_id.in_(deliveries)).values(reply=""))
    count = len(session.scalars(deliveries).all())
    session.execute(update(Delivery).where(Delivery.id.in_(deliveries)).values(slots=None))
    known_as = (correspondent.address, correspondent.canonical)
    same = _correspondents(session, correspondent.address_hash)
    messages, files = _erase_conversations(session, None, known_as, same)
    session.expire(correspondent)
    return Erased(deliveries=count, messages=messages, files=tuple(files))


def forget_unconfirmed(
    session: Session, now: datetime, older_than: timedelta, zone: ZoneInfo, *, at_once: int = 200
) -> list[Erased]:
    """Remove addresses that were only typed into a form, last longer ago than that, and never confirmed.

    Whoever was given anything, wrote to us, has or had a topic or is kept from being mailed stays. The ledger keeps
    its numbers and the funnel its counts.
    """
    query = _only_typed(now, now - older_than).order_by(Subscriber.id).limit(at_once)
    gone = []
    for subscriber in session.scalars(query).all():
        for grant in session.scalars(select(Grant).where(Grant.subscriber_id == subscriber.id)):
            day = grant.requested_at.astimezone(zone).date()
            count_forgotten(session, grant.slug, day, grant.source or DIRECT)
        gone.append(_remove(session, subscriber))
    return gone


def _only_typed(now: datetime, before: datetime) -> Select[Subscriber]:
    theirs = JoinRequest.subscriber_id == Subscriber.id
    alive = or_(
        JoinRequest.requested_at >= before,
        JoinRequest.expires_at > now,
        JoinRequest.confirmed_at.is_not(None),
    )
    return select(Subscriber).where(
        Subscriber.state == SubscriberState.UNVERIFIED,
        Subscriber.verified_at.is_(None),
        Subscriber.created_at < before,
        exists().where(theirs),
        ~exists().where(theirs, alive),
        ~exists().where(Grant.subscriber_id == Subscriber.id, Grant.state != GrantState.REQUESTED),
        ~exists().where(Thread.subscriber_id == Subscriber.id),
        ~exists().where(Subscription.subscriber_id == Subscriber.id),
        ~suppressed(Subscriber.address_hash),
    )


def _remove(session: Session, subscriber: Subscriber) -> Erased:
    deliveries = select(Delivery.id).where(
        Delivery.recipient_kind == RecipientKind.SUBSCRIBER, Delivery.recipient_id == subscriber.id
    )
    files = [
        key
        for key in session.scalars(
            select(Bounce.raw_key).where(
                (Bounce.address_hash == subscriber.address_hash) | Bounce.delivery_id.in_(deliveries)
            )
        )
        if key
    ]
    session.execute(
        update(Bounce)
        .where((Bounce.address_hash == subscriber.address_hash) | Bounce.delivery_id.in_(deliveries))
        .values(evidence="", raw_key="")
    )
    session.execute(update(Outcome).where(Outcome.delivery_id.in_(deliveries)).values(reply=""))
    for evidence in (Click, Open):
        session.execute(
            update(evidence).where(evidence.delivery_id.in_(deliveries)).values(ip="", user_agent="")
        )
    count = len(session.scalars(deliveries).all())
    session.execute(update(Delivery).where(Delivery.id.in_(deliveries)).values(slots=None))
    correspondents = _correspondents(session, subscriber.address_hash)
    known_as = (subscriber.address, subscriber.canonical)
    messages, mail_files = _erase_conversations(session, subscriber.id, known_as, correspondents)
    session.execute(
        update(Invitation)
        .where(Invitation.inviter_id == subscriber.id)
        .values(inviter_id=None, first_name="")
    )
    session.execute(delete(Subscriber).where(Subscriber.id == subscriber.id))
    session.expunge(subscriber)
    return Erased(deliveries=count, messages=messages, files=(*files, *mail_files))


def _correspondents(session: Session, address_hash: str) -> list[int]:
    """The same person as somebody we answered before they subscribed; the row stays for the ledger, without them."""
    same = Correspondent.address_hash == address_hash
    ids = list(session.scalars(select(Correspondent.id).where(same)))
    for each in ids:
        session.execute(
            update(Correspondent)
            .where(Correspondent.id == each)
            .values(address="", canonical=f"erased:{each}", name="")
        )
    return ids


def _erase_conversations(
    session: Session, subscriber_id: int | None, known_as: tuple[str, ...], correspondents: list[int]
) -> tuple[int, list[str]]:
    theirs: ColumnElement[bool] = Thread.correspondent_id.in_(correspondents)
    if subscriber_id is not None:
        theirs = or_(Thread.subscriber_id == subscriber_id, theirs)
    threads = select(Thread.id).where(theirs)
    inbound = list(
        session.scalars(
            select(Message.inbound_mail_id).where(
                Message.thread_id.in_(threads), Message.inbound_mail_id.is_not(None)
            )
        )
    )
    mails = (InboundMail.id.in_(inbound)) | (InboundMail.envelope_from.in_(known_as))
    files = list(session.scalars(select(InboundMail.storage_key).where(mails)))
    _empty_answers(session, threads)
    count = len(session.scalars(select(Message.id).where(Message.thread_id.in_(threads))).all())
    session.execute(delete(Message).where(Message.thread_id.in_(threads)))
    session.execute(delete(Thread).where(theirs))
    session.execute(update(InboundMail).where(mails).values(envelope_from="", error=""))
    return count, files


def _empty_answers(session: Session, threads: Select[int]) -> None:
    """Our own mails that repeat what the person wrote: answers quote them, the weekly mail to the authors too. What
    of them still waits is not sent any more."""
    answers = (
        select(Delivery.edition_id)
        .join(Message, Message.delivery_id == Delivery.id)
        .where(Message.thread_id.in_(threads), Message.direction == Direction.OUT)
    )
    repeating = Edition.id.in_(answers) & (Edition.edition_class == EditionClass.PERSONAL)
    session.execute(
        update(Edition)
        .where(repeating | Edition.key.startswith(WEEKLY_KEY, autoescape=True))
        .values(
            frozen=b"",
            subject="",
            in_reply_to="",
            earlier_ids="",
            state=EditionState.STOPPED,
            pause_reason="",
        )
        .execution_options(synchronize_session=False)
    )


def delete_files(storage: Storage, erased: Erased) -> None:
    """After the commit: the raw mail itself."""
    for key in erased.files:
        storage.delete(key)
