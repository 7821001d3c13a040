"""Addresses that must not be mailed, known by their hash so that this outlives erasure.

Suppression lasts until the author releases it with a reason; complaint and erased are never released.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput, NotAllowed, NotFound
from app.subscribers.models import Suppression, SuppressionReason

NEVER_RELEASED = frozenset({SuppressionReason.COMPLAINT, SuppressionReason.ERASED})


def is_suppressed(session: Session, address_hash: str) -> bool:
    """Is there any suppression in force for this address?"""
    query = select(
        exists().where(Suppression.address_hash == address_hash, Suppression.released_at.is_(None))
    )
    return bool(session.scalar(query))


def reasons_in_force(session: Session, address_hash: str) -> tuple[SuppressionReason, ...]:
    """Why this address must not be mailed; empty when it may be."""
    query = (
        select(Suppression.reason)
        .where(Suppression.address_hash == address_hash, Suppression.released_at.is_(None))
        .order_by(Suppression.at, Suppression.id)
    )
    return tuple(session.scalars(query))


def suppress(
    session: Session, now: datetime, address_hash: str, reason: SuppressionReason, evidence: str = ""
) -> bool:
    """Stop all bulk and requested mail to an address; False when that reason was already in force."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(Suppression)
        .values(address_hash=address_hash, reason=reason, at=now, evidence=evidence, release_reason="")
        .on_conflict_do_nothing()
        .returning(Suppression.id)
    )
    return session.scalar(statement) is not None


def release(
    session: Session, now: datetime, address_hash: str, reason: SuppressionReason, because: str
) -> None:
    """Let an address be mailed again as far as this reason goes.

    Raises NotAllowed for complaint and erased, InvalidInput without a reason, NotFound when none is in force.
    """
    if reason in NEVER_RELEASED:
        raise NotAllowed(f"A suppression for “{reason.value}” is never released.")
    if not because.strip():
        raise InvalidInput("Say why this address may be mailed again.", field="reason")
    row = session.scalars(
        select(Suppression).where(
            Suppression.address_hash == address_hash,
            Suppression.reason == reason,
            Suppression.released_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("No such suppression is in force.")
    row.released_at = now
    row.release_reason = because.strip()[:300]
