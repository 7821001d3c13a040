"""Named leases: two clocks are one, and one worker checks an Edition while the others wait."""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.models import Hold
from app.delivery.owners import is_dead
from app.foundation.db import changed_rows, database_ms, dialect_of

CLOCK = "clock"
CLOCK_MS = 90_000


def take_hold(session: Session, now: datetime, name: str, owner: str, *, milliseconds: int) -> bool:
    """Take or renew; False while somebody else who may be alive has it."""
    free = or_(Hold.owner == owner, Hold.until < database_ms(dialect_of(session)))
    holder = session.scalar(select(Hold.owner).where(Hold.name == name))
    if holder is None:
        try:
            with session.begin_nested():
                session.add(Hold(name=name, owner=owner, until=0, taken_at=now))
        except IntegrityError:
            return False
    elif holder != owner and is_dead(holder):
        free = or_(free, Hold.owner == holder)
    until = database_ms(dialect_of(session)) + milliseconds
    taken = changed_rows(
        session,
        update(Hold)
        .where(Hold.name == name, free)
        .values(owner=owner, until=until, taken_at=now)
        .execution_options(synchronize_session=False),
    )
    return taken == 1


def drop_hold(session: Session, name: str, owner: str) -> None:
    """Done with it; the next need not wait."""
    session.execute(delete(Hold).where(Hold.name == name, Hold.owner == owner))
