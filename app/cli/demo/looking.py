"""What the demo reads from SQL to check each step; plain queries over the tables, nothing of the house's own use."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.models import InboundMail, InboundState, Message, Thread
from app.delivery.holds import CLOCK
from app.delivery.models import Delivery, Exclusion, Hold, RecipientKind
from app.guides.models import Grant
from app.issues.models import Issue
from app.subscribers.models import (
    ConsentRecord,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    Topic,
)
from app.tracking.models import Click, Link


def subscriber(session: Session, address: str) -> Subscriber | None:
    return session.scalars(select(Subscriber).where(Subscriber.canonical == address)).one_or_none()


def topics_of(session: Session, address: str, state: SubscriptionState = SubscriptionState.ON) -> list[str]:
    query = (
        select(Topic.slug)
        .join(Subscription, Subscription.topic_id == Topic.id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscriber.canonical == address, Subscription.state == state)
        .order_by(Topic.slug)
    )
    return list(session.scalars(query))


def consents(session: Session, address: str) -> list[str]:
    query = (
        select(ConsentRecord.action)
        .join(Subscriber, Subscriber.id == ConsentRecord.subscriber_id)
        .where(Subscriber.canonical == address)
        .order_by(ConsentRecord.id)
    )
    return [action.value for action in session.scalars(query)]


def grant(session: Session, address: str, slug: str) -> Grant | None:
    query = (
        select(Grant)
        .join(Subscriber, Subscriber.id == Grant.subscriber_id)
        .where(Subscriber.canonical == address, Grant.slug == slug)
    )
    return session.scalars(query).one_or_none()


def issue(session: Session, issue_id: int) -> Issue:
    return session.scalars(select(Issue).where(Issue.id == issue_id)).one()


def scheduled_at(session: Session, issue_id: int) -> datetime | None:
    return issue(session, issue_id).scheduled_at


def exclusion(session: Session, edition_id: int | None, address: str) -> tuple[bool, Exclusion | None]:
    """Whether somebody stands in an Edition's ledger, and why they are not mailed."""
    row = session.execute(
        select(Delivery.exclusion)
        .join(Subscriber, Subscriber.id == Delivery.recipient_id)
        .where(
            Delivery.edition_id == edition_id,
            Delivery.recipient_kind == RecipientKind.SUBSCRIBER,
            Subscriber.canonical == address,
        )
    ).one_or_none()
    return (row is not None, row[0] if row is not None else None)


def clicks(session: Session, url: str) -> int:
    query = (
        select(func.count(Click.id))
        .join(Delivery, Delivery.id == Click.delivery_id)
        .join(Link, (Link.edition_id == Delivery.edition_id) & (Link.number == Click.number))
        .where(Link.url == url)
    )
    return session.scalar(query) or 0


def answers(session: Session, address: str) -> list[str]:
    query = (
        select(Message.text)
        .join(Thread, Thread.id == Message.thread_id)
        .join(Subscriber, Subscriber.id == Thread.subscriber_id)
        .where(Subscriber.canonical == address)
        .order_by(Message.id)
    )
    return list(session.scalars(query))


def suppressions(session: Session, address: str) -> list[str]:
    query = (
        select(Suppression.reason)
        .join(Subscriber, Subscriber.address_hash == Suppression.address_hash)
        .where(Subscriber.canonical == address, Suppression.released_at.is_(None))
    )
    return [reason.value for reason in session.scalars(query)]


def last_tick(session: Session) -> datetime:
    """When the clock last asked what is due; long ago when it never did."""
    return session.scalar(select(Hold.taken_at).where(Hold.name == CLOCK)) or datetime.min.replace(tzinfo=UTC)


def undone_mail(session: Session) -> int:
    return (
        session.scalar(select(func.count(InboundMail.id)).where(InboundMail.state != InboundState.DONE)) or 0
    )
