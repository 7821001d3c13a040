"""Erasing a person: every table, and nothing kept but the hash that keeps them unmailed. An address that somebody
typed and nobody confirmed goes the same way after a while, and then not even the hash is kept: it may be typed again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.conversation.inbox_models import Acknowledgement
from app.conversation.models import Direction, InboundKind, InboundMail, Message, Thread
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
)
from app.foundation.storage import Storage
from app.foundation.tokens import Signer
from app.guides.models import Grant, GrantState
from app.guides.sources import DIRECT
from app.guides.visiting import count_forgotten
from app.privacy.holdings import Holdings, holdings_of, read_addressed
from app.signup.models import Invitation, JoinRequest
from app.subscribers.models import (
    Subscriber,
    SubscriberState,
    Subscription,
    Suppression,
    SuppressionReason,
)
from app.subscribers.suppression import suppress
from app.tracking.models import Click, Open


@dataclass(frozen=True)
class Erased:
    """What was removed. `files` must be deleted from storage once the transaction has committed."""

    deliveries: int
    messages: int
    files: tuple[str, ...]


def erase_subscriber(session: Session, now: datetime, subscriber: Subscriber, signer: Signer) -> Erased:
    """Remove a reader everywhere.

    The ledger keeps its numbers (a delivery to a number that belongs to nobody any more); addresses, names, words,
    peers and raw mail go. Subscriptions, consent records, requests and grants go with the subscriber's row. `signer`
    reads the signed addresses that their mail came to.
    """
    suppress(session, now, subscriber.address_hash, SuppressionReason.ERASED)
    return _remove(session, subscriber, holdings_of(session, signer, subscriber))


def erase_correspondent(
    session: Session, now: datetime, correspondent: Correspondent, signer: Signer
) -> Erased:
    """Remove somebody who wrote to us and was never a reader, as thoroughly."""
    suppress(session, now, correspondent.address_hash, SuppressionReason.ERASED)
    erased = _empty(session, holdings_of(session, signer, correspondent))
    session.expire(correspondent)
    return erased


def forget_unconfirmed(
    session: Session,
    now: datetime,
    older_than: timedelta,
    zone: ZoneInfo,
    signer: Signer,
    *,
    at_once: int = 200,
) -> list[Erased]:
    """Remove addresses that were only typed into a form, last longer ago than that, and never confirmed.

    Whoever was given anything, wrote to us, has or had a topic or is kept from being mailed stays. The ledger keeps
    its numbers and the funnel its counts.
    """
    query = _only_typed(now, now - older_than).order_by(Subscriber.id).limit(at_once)
    people, gone = session.scalars(query).all(), []
    if not people:
        return []
    addressed = read_addressed(session, signer, min(each.created_at for each in people))
    for subscriber in people:
        for grant in session.scalars(select(Grant).where(Grant.subscriber_id == subscriber.id)):
            day = grant.requested_at.astimezone(zone).date()
            count_forgotten(session, grant.slug, day, grant.source or DIRECT)
        digest = subscriber.address_hash
        gone.append(_remove(session, subscriber, holdings_of(session, signer, subscriber, addressed)))
        released = delete(Suppression).where(Suppression.address_hash == digest)  # all of theirs
        session.execute(released)
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
        ~exists().where(Correspondent.address_hash == Subscriber.address_hash),
        ~exists().where(Subscription.subscriber_id == Subscriber.id),
        ~suppressed(Subscriber.address_hash),
    )


def _remove(session: Session, subscriber: Subscriber, held: Holdings) -> Erased:
    erased = _empty(session, held)
    session.execute(
        update(Invitation)
        .where(Invitation.inviter_id == subscriber.id)
        .values(inviter_id=None, first_name="")
    )
    session.execute(delete(Subscriber).where(Subscriber.id == subscriber.id))
    session.expunge(subscriber)
    return erased


def _empty(session: Session, held: Holdings) -> Erased:
    """All that is not the subscriber's own row and what goes with it."""
    files = [*_empty_evidence(session, held), *_empty_mails(session, held)]
    session.execute(update(Delivery).where(Delivery.id.in_(held.deliveries)).values(slots=None))
    messages = _delete_conversations(session, held)
    session.execute(delete(Acknowledgement).where(Acknowledgement.address_hash == held.address_hash))
    for each in held.correspondents:  # the row stays for the ledger, without them
        session.execute(
            update(Correspondent)
            .where(Correspondent.id == each)
            .values(address="", canonical=f"erased:{each}", name="")
        )
    return Erased(len(held.deliveries), messages, tuple(dict.fromkeys(files)))


def _empty_evidence(session: Session, held: Holdings) -> list[str]:
    """What servers said and browsers left. Returns the files of notices."""
    about = (Bounce.address_hash == held.address_hash) | Bounce.delivery_id.in_(held.deliveries)
    files = [key for key in session.scalars(select(Bounce.raw_key).where(about)) if key]
    session.execute(update(Bounce).where(about).values(evidence="", raw_key="", address_hash=""))
    session.execute(update(Outcome).where(Outcome.delivery_id.in_(held.deliveries)).values(reply=""))
    for evidence in (Click, Open):
        session.execute(
            update(evidence).where(evidence.delivery_id.in_(held.deliveries)).values(ip="", user_agent="")
        )
    session.execute(
        update(Suppression)
        .where(Suppression.address_hash == held.address_hash)
        .values(evidence="", release_reason="")
    )
    for (
        name
    ) in held.known_as:  # a mail that waits says why in the words of a server, which may name the reader
        for column in (Edition.pause_reason, Edition.trouble):
            session.execute(
                update(Edition)
                .where(column.contains(name, autoescape=True))
                .values({column: func.replace(column, name, "…")})
                .execution_options(synchronize_session=False)
            )
    return files


def _empty_mails(session: Session, held: Holdings) -> list[str]:
    """What came in from them. Returns the files; a holiday notice is nothing to look at any more."""
    mails = InboundMail.id.in_(held.inbound)
    files = list(session.scalars(select(InboundMail.storage_key).where(mails)))
    notices = mails & (InboundMail.kind == InboundKind.AUTO_REPLY)
    session.execute(update(InboundMail).where(notices).values(kind=InboundKind.OTHER))
    session.execute(update(InboundMail).where(mails).values(envelope_from="", error=""))
    return files


def _delete_conversations(session: Session, held: Holdings) -> int:
    """Threads with their messages, notes, tags and permissions; how many messages there were."""
    if not held.threads:
        return 0
    threads = select(Thread.id).where(Thread.id.in_(held.threads))
    _empty_answers(session, threads)
    count = session.scalar(select(func.count()).where(Message.thread_id.in_(held.threads))) or 0
    session.execute(delete(Message).where(Message.thread_id.in_(held.threads)))
    session.execute(delete(Thread).where(Thread.id.in_(held.threads)))
    return count


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
