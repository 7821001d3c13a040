"""Two clocks are one: whoever holds row 1 of `clock_lease` ticks, the other waits."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.models import ClockLease
from app.delivery.owners import is_dead
from app.foundation.db import changed_rows, database_ms

LEASE_MS: Final = 90_000


def hold_clock(session: Session, now: datetime, owner: str) -> bool:
    """Take or renew the lease; False while another clock that may be alive holds it."""
    until = database_ms(session) + LEASE_MS
    free = or_(ClockLease.owner == owner, ClockLease.lease_until < database_ms(session))
    holder = session.scalar(select(ClockLease.owner).where(ClockLease.id == 1))
    if holder is None:
        try:
            with session.begin_nested():
                session.add(ClockLease(id=1, owner=owner, lease_until=0, ticked_at=now))
        except IntegrityError:
            return False
    elif holder != owner and is_dead(holder):
        free = or_(free, ClockLease.owner == holder)
    taken = changed_rows(
        session,
        update(ClockLease)
        .where(ClockLease.id == 1, free)
        .values(owner=owner, lease_until=until, ticked_at=now),
    )
    return taken == 1


def release_clock(session: Session, owner: str) -> None:
    """On the way out, so that the next clock need not wait."""
    session.execute(
        update(ClockLease).where(ClockLease.id == 1, ClockLease.owner == owner).values(lease_until=0)
    )
