"""The links that every letter carries: leave, and change what one gets. Reading them changes nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose, Signer
from app.subscribers.consent import Evidence
from app.subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscriber,
    Subscription,
    SubscriptionState,
    Topic,
)
from app.subscribers.preferences import leave, undo_leaving
from app.subscribers.queries import get_subscriber, subscriptions_of

UNDO_WITHIN = timedelta(hours=1)
OTHER_WAY = "To leave, copy the whole link from the letter, or answer any letter with the word “unsubscribe”."


@dataclass(frozen=True)
class LeaveLink:
    """What an unsubscribe link stands for. Without a topic it means everything; without a subscriber, somebody who
    was erased and is therefore out already."""

    subscriber: Subscriber | None
    topic: Topic | None
    delivery_id: int
    on: tuple[Topic, ...]

    @property
    def is_out(self) -> bool:
        """Nothing is left to leave through this link."""
        return all(self.topic is not None and topic.id != self.topic.id for topic in self.on)


def read_leave_link(session: Session, signer: Signer, token: str) -> LeaveLink:
    """What this link stands for. Raises NotFound for a token that is not ours: always the same answer (A14)."""
    try:
        subscriber_id, topic_id, delivery_id = signer.read(Purpose.UNSUBSCRIBE, token, 3)
    except NotFound as error:
        raise NotFound(error.message, hint=OTHER_WAY) from None
    subscriber = session.get(Subscriber, subscriber_id)
    topic = session.get(Topic, topic_id) if topic_id else None
    on: tuple[Topic, ...] = ()
    if subscriber is not None:
        ids = [
            each
            for each, state in subscriptions_of(session, subscriber.id).items()
            if state is SubscriptionState.ON
        ]
        on = tuple(session.scalars(select(Topic).where(Topic.id.in_(ids)).order_by(Topic.position, Topic.id)))
    return LeaveLink(subscriber, topic, delivery_id, on)


def leave_by_link(
    session: Session,
    now: datetime,
    signer: Signer,
    token: str,
    evidence: Evidence,
    *,
    everything: bool = False,
) -> tuple[int, ...]:
    """Act on an unsubscribe link; the topics that were on until now. Again and again is fine.

    Raises NotFound for a token that is not ours.
    """
    link = read_leave_link(session, signer, token)
    if link.subscriber is None:
        return ()
    topic_id = None if everything or link.topic is None else link.topic.id
    detail = {"delivery": link.delivery_id} if link.delivery_id else None
    return leave(
        session,
        now,
        link.subscriber.id,
        topic_id,
        evidence.form,
        ip=evidence.ip,
        user_agent=evidence.user_agent,
        detail=detail,
    )


def come_back(
    session: Session,
    now: datetime,
    signer: Signer,
    token: str,
    topic_ids: Collection[int],
    evidence: Evidence,
) -> tuple[int, ...]:
    """Undo a leaving of the last hour; topics the reader never had stay off.

    Later the link in an old mail must not bring anybody back: that takes a new sign-up.
    Raises NotFound for a token that is not ours.
    """
    link = read_leave_link(session, signer, token)
    if link.subscriber is None:
        return ()
    had = select(ConsentRecord.topic_id).where(
        ConsentRecord.subscriber_id == link.subscriber.id,
        ConsentRecord.action.in_((ConsentAction.CONFIRMED, ConsentAction.IMPORTED)),
    )
    just_left = session.scalars(
        select(Subscription.topic_id).where(
            Subscription.subscriber_id == link.subscriber.id,
            Subscription.topic_id.in_(topic_ids),
            Subscription.topic_id.in_(had),
            Subscription.state == SubscriptionState.LEFT,
            Subscription.changed_at > now - UNDO_WITHIN,
        )
    ).all()
    return undo_leaving(session, now, link.subscriber.id, just_left, evidence)


def read_preferences_link(session: Session, signer: Signer, token: str) -> Subscriber:
    """Whose preferences these are. Raises NotFound."""
    (subscriber_id,) = signer.read(Purpose.PREFERENCES, token, 1)
    return get_subscriber(session, subscriber_id)
