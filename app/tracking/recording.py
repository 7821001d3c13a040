"""Raw evidence of links followed and pixels fetched: what asked, when, how. Verdicts about people come later.

Rows are bounded (A21): a machine that hammers one link leaves its first requests in the table and no more, and
whoever asks is sent on all the same.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.delivery.models import Delivery
from app.tracking.models import Click, Link, Open

FLOOD_WINDOW = timedelta(hours=1)
CLICKS_IN_WINDOW = 60
OPENS_IN_WINDOW = 60
ROWS_PER_DELIVERY = 1_000


def find_target(session: Session, delivery_id: int, number: int) -> str | None:
    """The registered URL of the n-th link of this delivery's Edition."""
    return session.scalar(
        select(Link.url)
        .join(Delivery, Delivery.edition_id == Link.edition_id)
        .where(Delivery.id == delivery_id, Link.number == number)
    )


def record_click(
    session: Session, now: datetime, *, delivery_id: int, number: int, method: str, ip: str, user_agent: str
) -> bool:
    """Keep the evidence of one request for a link that exists; False once the flood bound is reached."""
    same_link = (Click.delivery_id == delivery_id, Click.number == number, Click.at > now - FLOOD_WINDOW)
    if _count(session, *same_link) >= CLICKS_IN_WINDOW:
        return False
    if _count(session, Click.delivery_id == delivery_id) >= ROWS_PER_DELIVERY:
        return False
    session.add(
        Click(
            delivery_id=delivery_id,
            number=number,
            at=now,
            method=method[:8],
            ip=ip[:45],
            user_agent=user_agent[:400],
        )
    )
    return True


def record_open(session: Session, now: datetime, *, delivery_id: int, ip: str, user_agent: str) -> bool:
    """Keep the evidence of one request for the pixel; False once the flood bound is reached."""
    if _count(session, Open.delivery_id == delivery_id, Open.at > now - FLOOD_WINDOW) >= OPENS_IN_WINDOW:
        return False
    if _count(session, Open.delivery_id == delivery_id) >= ROWS_PER_DELIVERY:
        return False
    session.add(Open(delivery_id=delivery_id, at=now, ip=ip[:45], user_agent=user_agent[:400]))
    return True


def delivery_exists(session: Session, delivery_id: int) -> bool:
    """True when the pixel of this delivery was ever ours to hand out."""
    return session.scalar(select(Delivery.id).where(Delivery.id == delivery_id)) is not None


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0
