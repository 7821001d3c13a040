"""Questions about readers. Nothing here changes anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from app.foundation.errors import NotFound
from app.foundation.paging import Page
from app.subscribers.models import (
    ConsentRecord,
    Function,
    Subscriber,
    SubscriberState,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    Topic,
    TopicKind,
)


@dataclass(frozen=True)
class SubscriberRow:
    """One line of a list of readers."""

    id: int
    address: str
    first_name: str
    last_name: str
    function: Function | None
    state: SubscriberState
    created_at: datetime
    verified_at: datetime | None
    source: str
    topics: tuple[str, ...]
    left: tuple[str, ...]
    suppressed: tuple[SuppressionReason, ...]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def find_subscriber(session: Session, canonical: str) -> Subscriber | None:
    """The reader with this canonical address."""
    return session.scalars(select(Subscriber).where(Subscriber.canonical == canonical)).one_or_none()


def get_subscriber(session: Session, subscriber_id: int) -> Subscriber:
    """The reader with this id. Raises NotFound, also for somebody who was erased."""
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None:
        raise NotFound("We no longer hold anything about this address.")
    return subscriber


ASKED_FOR_ELSEWHERE = frozenset({TopicKind.FOLLOWUPS, TopicKind.SERIES})
"""Kinds of topics that only who has asked for them finds among their choices."""


def list_topics(session: Session, *, offered_only: bool = True) -> tuple[Topic, ...]:
    """Topics in the author's order."""
    query = select(Topic).order_by(Topic.position, Topic.id)
    return tuple(session.scalars(query.where(Topic.offered) if offered_only else query))


def sign_up_topics(session: Session, guide_slug: str | None = None) -> tuple[Topic, ...]:
    """What a form offers: the letters, and a guide's own follow-ups on that guide's form only. A series is asked for
    on its own page."""
    own = f"followups-{guide_slug}"[:64]
    return tuple(
        topic
        for topic in list_topics(session)
        if topic.kind not in ASKED_FOR_ELSEWHERE or (guide_slug is not None and topic.slug == own)
    )


def find_topic(session: Session, slug: str) -> Topic | None:
    """The topic of this slug."""
    return session.scalars(select(Topic).where(Topic.slug == slug)).one_or_none()


def subscriptions_of(session: Session, subscriber_id: int) -> dict[int, SubscriptionState]:
    """Topic id -> state; a topic that is absent was never asked for."""
    rows = session.execute(
        select(Subscription.topic_id, Subscription.state).where(Subscription.subscriber_id == subscriber_id)
    )
    return dict(rows.all())


def count_readers(session: Session, topic_id: int | None = None) -> int:
    """Verified people with a topic on (any, or this one) whose address may be mailed."""
    wanted = [Subscription.subscriber_id == Subscriber.id, Subscription.state == SubscriptionState.ON]
    if topic_id is not None:
        wanted.append(Subscription.topic_id == topic_id)
    query = (
        select(func.count())
        .select_from(Subscriber)
        .where(
            Subscriber.state == SubscriberState.VERIFIED,
            select(Subscription.topic_id).where(*wanted).exists(),
            ~_in_force(),
        )
    )
    return session.scalar(query) or 0


def _in_force() -> ColumnElement[bool]:
    return (
        select(Suppression.id)
        .where(Suppression.address_hash == Subscriber.address_hash, Suppression.released_at.is_(None))
        .exists()
    )


def subscriber_page(
    session: Session,
    *,
    search: str = "",
    state: SubscriberState | None = None,
    topic_id: int | None = None,
    suppressed: bool | None = None,
    page: int = 1,
    per_page: int = 50,
) -> Page[SubscriberRow]:
    """Readers, newest first. `search` looks into address and names, and takes % and _ literally (A33)."""
    query = select(Subscriber)
    if search.strip():
        term = search.strip().lower()
        query = query.where(
            or_(
                Subscriber.canonical.contains(term, autoescape=True),
                func.lower(Subscriber.first_name).contains(term, autoescape=True),
                func.lower(Subscriber.last_name).contains(term, autoescape=True),
            )
        )
    if state is not None:
        query = query.where(Subscriber.state == state)
    if topic_id is not None:
        on = select(Subscription.topic_id).where(
            Subscription.subscriber_id == Subscriber.id,
            Subscription.topic_id == topic_id,
            Subscription.state == SubscriptionState.ON,
        )
        query = query.where(on.exists())
    if suppressed is not None:
        query = query.where(_in_force() if suppressed else ~_in_force())
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    chosen = query.order_by(Subscriber.id.desc()).limit(per_page).offset((page - 1) * per_page)
    return Page(tuple(_rows(session, chosen)), page, per_page, total)


def describe_subscriber(session: Session, subscriber: Subscriber) -> SubscriberRow:
    """One reader as a row."""
    (row,) = _rows(session, select(Subscriber).where(Subscriber.id == subscriber.id))
    return row


def every_subscriber(session: Session, *, batch: int = 1000) -> Iterator[SubscriberRow]:
    """All readers in the order of their ids, read in batches so that memory stays flat."""
    after = 0
    while rows := _rows(
        session, select(Subscriber).where(Subscriber.id > after).order_by(Subscriber.id).limit(batch)
    ):
        yield from rows
        after = rows[-1].id


def _rows(session: Session, query: Select[Subscriber]) -> list[SubscriberRow]:
    """The readers of a query, with their topics and suppressions in two more queries, whatever their number."""
    subscribers = list(session.scalars(query.execution_options(populate_existing=True)))
    ids = [subscriber.id for subscriber in subscribers]
    states: dict[int, dict[SubscriptionState, list[str]]] = {}
    for subscriber_id, slug, state in session.execute(
        select(Subscription.subscriber_id, Topic.slug, Subscription.state)
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(Subscription.subscriber_id.in_(ids))
        .order_by(Topic.position, Topic.id)
    ):
        states.setdefault(subscriber_id, {}).setdefault(state, []).append(slug)
    reasons: dict[str, list[SuppressionReason]] = {}
    for digest, reason in session.execute(
        select(Suppression.address_hash, Suppression.reason)
        .where(
            Suppression.address_hash.in_([subscriber.address_hash for subscriber in subscribers]),
            Suppression.released_at.is_(None),
        )
        .order_by(Suppression.id)
    ):
        reasons.setdefault(digest, []).append(reason)
    return [
        SubscriberRow(
            id=each.id,
            address=each.address,
            first_name=each.first_name,
            last_name=each.last_name,
            function=each.function,
            state=each.state,
            created_at=each.created_at,
            verified_at=each.verified_at,
            source=each.source,
            topics=tuple(states.get(each.id, {}).get(SubscriptionState.ON, ())),
            left=tuple(states.get(each.id, {}).get(SubscriptionState.LEFT, ())),
            suppressed=tuple(reasons.get(each.address_hash, ())),
        )
        for each in subscribers
    ]


def consent_page(
    session: Session, subscriber_id: int, *, page: int = 1, per_page: int = 50
) -> Page[ConsentRecord]:
    """The evidence about one reader, newest first."""
    query = select(ConsentRecord).where(ConsentRecord.subscriber_id == subscriber_id)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    chosen = query.order_by(ConsentRecord.id.desc()).limit(per_page).offset((page - 1) * per_page)
    return Page(tuple(session.scalars(chosen)), page, per_page, total)
