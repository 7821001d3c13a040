"""Who may be mailed, as SQL: one rule for opening a ledger, queueing one mail and leasing a chunk (promise 4).

Bulk mail needs a verified address, the topic on and no suppression; requested mail only no suppression; personal
mail and mail to authors is never held back here.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, select

from app.delivery.models import Correspondent, Delivery, EditionClass, Exclusion, RecipientKind
from app.foundation.db import enum_type
from app.subscribers.models import (
    Subscriber,
    SubscriberState,
    Subscription,
    SubscriptionState,
    Suppression,
)

_TYPE = enum_type(Exclusion)


def suppressed(address_hash: ColumnElement[str] | Any) -> ColumnElement[bool]:
    """An active suppression of this address."""
    return exists(
        select(literal(1)).where(Suppression.address_hash == address_hash, Suppression.released_at.is_(None))
    )


def topic_is_on(topic_id: int) -> ColumnElement[bool]:
    """The subscriber of the outer query has this topic on."""
    return exists(
        select(literal(1)).where(
            Subscription.subscriber_id == Subscriber.id,
            Subscription.topic_id == topic_id,
            Subscription.state == SubscriptionState.ON,
        )
    )


def exclusion_of(edition_class: EditionClass, topic_id: int | None) -> ColumnElement[Exclusion | None]:
    """Why the Subscriber of the outer query must not be mailed now; NULL when nothing stands against it."""
    nobody: ColumnElement[Exclusion | None] = literal(None, _TYPE)
    if edition_class not in {EditionClass.BULK, EditionClass.REQUESTED}:
        return nobody
    rules = [(suppressed(Subscriber.address_hash), literal(Exclusion.SUPPRESSED, _TYPE))]
    if edition_class is EditionClass.BULK:
        rules.append((Subscriber.state != SubscriberState.VERIFIED, literal(Exclusion.UNVERIFIED, _TYPE)))
        if topic_id is not None:
            rules.append((~topic_is_on(topic_id), literal(Exclusion.LEFT, _TYPE)))
    return case(*rules, else_=nobody)


def correspondent_exclusion(edition_class: EditionClass) -> ColumnElement[Exclusion | None]:
    """The same for the Correspondent of the outer query, who has no topics to leave."""
    if edition_class not in {EditionClass.BULK, EditionClass.REQUESTED}:
        nobody: ColumnElement[Exclusion | None] = literal(None, _TYPE)
        return nobody
    hushed = suppressed(Correspondent.address_hash)
    return case((hushed, literal(Exclusion.SUPPRESSED, _TYPE)), else_=literal(None, _TYPE))


def audience_of(topic_id: int) -> ColumnElement[bool]:
    """Joins Subscription: everybody with this topic on."""
    return and_(Subscription.topic_id == topic_id, Subscription.state == SubscriptionState.ON)


def already_served(edition_id: int) -> ColumnElement[Exclusion | None]:
    """SERVED when the Subscriber of the outer query is mailed that Edition; NULL for everybody else."""
    mailed = exists(
        select(literal(1)).where(
            Delivery.edition_id == edition_id,
            Delivery.recipient_kind == RecipientKind.SUBSCRIBER,
            Delivery.recipient_id == Subscriber.id,
            Delivery.exclusion.is_(None),
        )
    )
    return case((mailed, literal(Exclusion.SERVED, _TYPE)), else_=literal(None, _TYPE))
