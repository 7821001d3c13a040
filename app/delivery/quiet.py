"""Quiet windows: near a letter its readers get nothing of lower rank. Whoever plans letters writes the windows here.

Delivery knows no letters: a window is a key, a topic and a time.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, literal, or_, select
from sqlalchemy.orm import Session

from app.delivery.models import QuietWindow
from app.subscribers.models import Subscriber, Subscription, SubscriptionState

AROUND: Final = timedelta(hours=24)
"""What windows are written with; who reads them may keep further away or come nearer."""


def set_quiet_window(
    session: Session, key: str, topic_id: int, at: datetime, *, around: timedelta = AROUND
) -> None:
    """Keep the time around `at` quiet for the readers of a topic; the same key again moves the window."""
    row = session.get(QuietWindow, key)
    if row is None:
        row = QuietWindow(key=key)
        session.add(row)
    row.topic_id, row.begins_at, row.ends_at = topic_id, at - around, at + around
    session.flush()


def clear_quiet_window(session: Session, key: str) -> None:
    """Nothing is planned under this key any more."""
    session.execute(delete(QuietWindow).where(QuietWindow.key == key))


def is_quiet(now: datetime, within: timedelta = AROUND) -> ColumnElement[bool]:
    """The Subscriber of the outer query reads something that is near, or left it just now: leaving one letter must
    not bring another mail at once. `within` is how far from the middle of a window is still near."""
    wider = within - AROUND
    return exists(
        select(literal(1))
        .select_from(QuietWindow)
        .join(Subscription, Subscription.topic_id == QuietWindow.topic_id)
        .where(
            Subscription.subscriber_id == Subscriber.id,
            or_(
                Subscription.state == SubscriptionState.ON,
                and_(
                    Subscription.state == SubscriptionState.LEFT,
                    Subscription.changed_at > QuietWindow.begins_at,
                ),
            ),
            QuietWindow.begins_at < now + wider,
            QuietWindow.ends_at > now - wider,
        )
    )
