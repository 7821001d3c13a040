"""A mail that breaks us is tried three times, then put aside and shown, so that it cannot stop the others."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.conversation.models import InboundMail, InboundState
from app.foundation.errors import NotFound
from app.foundation.jobs import ring_after_commit

MAX_ATTEMPTS = 3
FORGOTTEN_AFTER = timedelta(minutes=1)
SWEEP = 500


def begin_attempt(session: Session, inbound_id: int) -> bool:
    """Count the attempt before it is made, as it may kill the worker; False when there is nothing (more) to try."""
    counted = session.execute(
        update(InboundMail)
        .where(
            InboundMail.id == inbound_id,
            InboundMail.state == InboundState.RECEIVED,
            InboundMail.attempts < MAX_ATTEMPTS,
        )
        .values(attempts=InboundMail.attempts + 1)
        .returning(InboundMail.id)
    ).scalar()
    if counted is not None:
        return True
    session.execute(
        update(InboundMail)
        .where(InboundMail.id == inbound_id, InboundMail.state == InboundState.RECEIVED)
        .values(state=InboundState.QUARANTINED)
    )
    return False


def record_failure(session: Session, inbound_id: int, error: str) -> None:
    """Keep what went wrong; after the last attempt the mail is quarantined, before it is rung for again."""
    mail = session.get(InboundMail, inbound_id)
    if mail is None or mail.state is not InboundState.RECEIVED:
        return
    mail.error = error[:2000]
    if mail.attempts >= MAX_ATTEMPTS:
        mail.state = InboundState.QUARANTINED
    else:
        ring_after_commit(session, "inbound.process", mail.id)


def forgive_attempt(session: Session, inbound_id: int) -> None:
    """Take an attempt back that failed through no fault of the mail (the storage was away)."""
    session.execute(
        update(InboundMail)
        .where(InboundMail.id == inbound_id, InboundMail.attempts > 0)
        .values(attempts=InboundMail.attempts - 1)
    )


def try_again(session: Session, inbound_id: int) -> None:
    """Take a quarantined mail out for three more tries. Raises NotFound when it is not quarantined."""
    freed = session.execute(
        update(InboundMail)
        .where(InboundMail.id == inbound_id, InboundMail.state == InboundState.QUARANTINED)
        .values(state=InboundState.RECEIVED, attempts=0, error="")
        .returning(InboundMail.id)
    ).scalar()
    if freed is None:
        raise NotFound("There is no such mail in quarantine.")
    ring_after_commit(session, "inbound.process", inbound_id)


def ring_forgotten(session: Session, now: datetime) -> int:
    """Ring again for mail whose bell was lost; how many. For the clock's tick."""
    waiting = session.scalars(
        select(InboundMail.id)
        .where(
            InboundMail.state == InboundState.RECEIVED,
            InboundMail.received_at <= now - FORGOTTEN_AFTER,
        )
        .order_by(InboundMail.received_at)
        .limit(SWEEP)
    ).all()
    for inbound_id in waiting:
        ring_after_commit(session, "inbound.process", inbound_id)
    return len(waiting)
