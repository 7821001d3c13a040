"""What a reader changes by themselves: leaving, coming back to a topic, name and function."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput
from app.subscribers.consent import Evidence, record_consent, set_state, turn_on
from app.subscribers.models import (
    ConsentAction,
    Function,
    SubscriberState,
    SubscriptionState,
    Topic,
)
from app.subscribers.names import clean_name
from app.subscribers.queries import get_subscriber, subscriptions_of


@dataclass(frozen=True)
class Preferences:
    """What a reader wants from now on."""

    topic_ids: frozenset[int]
    first_name: str = ""
    last_name: str = ""
    function: Function | None = None


@dataclass(frozen=True)
class Changes:
    """What a change of preferences did, as topic ids."""

    turned_on: tuple[int, ...]
    left: tuple[int, ...]


def leave(
    session: Session,
    now: datetime,
    subscriber_id: int,
    topic_id: int | None,
    form: str,
    *,
    ip: str = "",
    user_agent: str = "",
    detail: dict[str, Any] | None = None,
) -> tuple[int, ...]:
    """Leave one topic, or everything with `topic_id` None; the topics that were on until now.

    Topics the reader never had are marked too, so that no later import brings them in.
    Idempotent: leaving again changes nothing and adds no record.
    Raises NotFound for a subscriber that is not there.
    """
    get_subscriber(session, subscriber_id)
    query = select(Topic.id).order_by(Topic.id)
    wanted = tuple(session.scalars(query if topic_id is None else query.where(Topic.id == topic_id)))
    evidence = Evidence(form=form, ip=ip, user_agent=user_agent)
    before = subscriptions_of(session, subscriber_id)
    left = []
    for each in wanted:
        if set_state(session, now, subscriber_id, each, SubscriptionState.LEFT):
            record_consent(
                session, now, subscriber_id, ConsentAction.LEFT, evidence, topic_id=each, detail=detail
            )
            if before.get(each) is SubscriptionState.ON:
                left.append(each)
    return tuple(left)


def undo_leaving(
    session: Session, now: datetime, subscriber_id: int, topic_ids: Collection[int], evidence: Evidence
) -> tuple[int, ...]:
    """Take a leaving back on the reader's own word; the topics that are on again.

    Raises InvalidInput for somebody who never proved their address.
    """
    return _turn_on(session, now, subscriber_id, topic_ids, evidence)


def change_preferences(
    session: Session, now: datetime, subscriber_id: int, wanted: Preferences, evidence: Evidence
) -> Changes:
    """Make it so: topics wanted are on, offered topics not wanted and on until now are left, name and function set.

    Topics that are not offered on the page (a finished series) stay as they are.
    Raises InvalidInput naming the field, NotFound for a subscriber that is not there.
    """
    subscriber = get_subscriber(session, subscriber_id)
    first_name = clean_name(wanted.first_name, field="first_name")
    last_name = clean_name(wanted.last_name, field="last_name")
    offered = frozenset(session.scalars(select(Topic.id).where(Topic.offered)))
    on_now = {
        topic_id
        for topic_id, state in subscriptions_of(session, subscriber_id).items()
        if state is SubscriptionState.ON
    }
    turned_on = _turn_on(session, now, subscriber_id, (wanted.topic_ids & offered) - on_now, evidence)
    left: tuple[int, ...] = ()
    for topic_id in sorted((on_now & offered) - wanted.topic_ids):
        left += leave(
            session,
            now,
            subscriber_id,
            topic_id,
            evidence.form,
            ip=evidence.ip,
            user_agent=evidence.user_agent,
        )
    before = (subscriber.first_name, subscriber.last_name, subscriber.function)
    if before != (first_name, last_name, wanted.function):
        subscriber.first_name, subscriber.last_name = first_name, last_name
        subscriber.function = wanted.function
        record_consent(session, now, subscriber_id, ConsentAction.CHANGED, evidence)
    return Changes(turned_on=turned_on, left=left)


def _turn_on(
    session: Session, now: datetime, subscriber_id: int, topic_ids: Collection[int], evidence: Evidence
) -> tuple[int, ...]:
    subscriber = get_subscriber(session, subscriber_id)
    if topic_ids and subscriber.state is not SubscriberState.VERIFIED:
        raise InvalidInput(
            "This address has not been confirmed yet, so nothing can be switched on here.",
            field="topics",
            hint="Use the link in the confirmation mail, or sign up again.",
        )
    turned_on = turn_on(session, now, subscriber_id, topic_ids)
    for topic_id in turned_on:
        record_consent(session, now, subscriber_id, ConsentAction.CONFIRMED, evidence, topic_id=topic_id)
    return turned_on
