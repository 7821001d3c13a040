"""Who a reader is, what they agreed to, and the append-only evidence of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.foundation.addresses import Address, address_hash
from app.subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Function,
    Subscriber,
    SubscriberState,
    Subscription,
    SubscriptionState,
)


@dataclass(frozen=True)
class Evidence:
    """Where an act of a reader came from: the form, link or command, the words shown, the peer."""

    form: str
    wording: str = ""
    ip: str = ""
    user_agent: str = ""


def record_consent(
    session: Session,
    now: datetime,
    subscriber_id: int,
    action: ConsentAction,
    evidence: Evidence,
    *,
    topic_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> ConsentRecord:
    """Append one record; nothing ever changes or removes one but erasure."""
    record = ConsentRecord(
        subscriber_id=subscriber_id,
        at=now,
        action=action,
        topic_id=topic_id,
        form=evidence.form[:80],
        wording=evidence.wording,
        ip=evidence.ip[:45],
        user_agent=evidence.user_agent[:400],
        detail=detail or {},
    )
    session.add(record)
    return record


def ensure_subscriber(
    session: Session,
    now: datetime,
    address: Address,
    address_key: bytes,
    *,
    first_name: str = "",
    last_name: str = "",
    function: Function | None = None,
    source: str = "",
) -> Subscriber:
    """The Subscriber of this address, made unverified when there is none.

    Somebody already known keeps the name they have: a stranger who types their address must not rename them.
    Two requests at once make one row (`UNIQUE (canonical)`).
    """
    values = {
        "address": address.typed,
        "canonical": address.canonical,
        "address_hash": address_hash(address.canonical, address_key),
        "domain": address.domain,
        "first_name": first_name,
        "last_name": last_name,
        "function": function,
        "state": SubscriberState.UNVERIFIED,
        "source": source[:200],
        "created_at": now,
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(Subscriber).values(values).on_conflict_do_nothing())
    return session.scalars(select(Subscriber).where(Subscriber.canonical == address.canonical)).one()


def verify_subscriber(subscriber: Subscriber, now: datetime) -> None:
    """The address has been proved to belong to whoever gave it."""
    if subscriber.state is not SubscriberState.VERIFIED:
        subscriber.state = SubscriberState.VERIFIED
        subscriber.verified_at = now


def turn_on(session: Session, now: datetime, subscriber_id: int, topic_ids: Iterable[int]) -> tuple[int, ...]:
    """Switch topics on, whatever they were; the ids that were not on before, in order."""
    return tuple(
        topic_id
        for topic_id in sorted(set(topic_ids))
        if set_state(session, now, subscriber_id, topic_id, SubscriptionState.ON)
    )


def set_state(
    session: Session, now: datetime, subscriber_id: int, topic_id: int, state: SubscriptionState
) -> bool:
    """Put one Subscription into a state; True when that changed something."""
    row = session.get(Subscription, (subscriber_id, topic_id))
    if row is None:
        session.add(Subscription(subscriber_id=subscriber_id, topic_id=topic_id, state=state, changed_at=now))
        return True
    if row.state is state:
        return False
    row.state = state
    row.changed_at = now
    return True
