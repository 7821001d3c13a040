"""How far an Edition is and when it will be through: measured, bounded by the pace that is set, and silent when
nobody can know."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.delivery.editions import get_edition
from app.delivery.installation import standing_of
from app.delivery.ledger import count
from app.delivery.models import Chunk, ChunkState, EditionState, Outcome, OutcomeState
from app.delivery.pace import Plan

LATELY: Final = timedelta(minutes=1)
CHUNKS: Final = 20


@dataclass(frozen=True)
class Progress:
    """`seconds` until everybody who is not put off has been tried; None when nothing moves or nobody can know."""

    per_second: float = 0.0
    seconds: float | None = None
    bound: bool = False
    """The pace that is set makes it longer than the network would."""
    next_try: datetime | None = None
    """When readers who were put off are tried again at the earliest."""


def progress_of(session: Session, now: datetime, edition_id: int, plan: Plan) -> Progress:
    """Where sending stands now. Raises NotFound."""
    edition, counts = get_edition(session, edition_id), count(session, edition_id)
    next_try = session.scalar(
        select(func.min(Chunk.not_before)).where(
            Chunk.edition_id == edition_id, Chunk.state == ChunkState.QUEUED, Chunk.deferred > 0
        )
    )
    left = counts.queued + counts.in_flight
    moves = edition.state in {EditionState.OPEN, EditionState.SENDING} and standing_of(session).may_send
    if not left or not moves:
        return Progress(next_try=next_try)
    speed = _speed(session, now, edition_id)
    rate = min((limit.rate for limit in plan.whole), default=0.0)
    allowed = left / rate if rate else 0.0
    if not speed:
        return Progress(0.0, allowed or None, bool(allowed), next_try)
    return Progress(speed, max(left / speed, allowed), allowed > left / speed, next_try)


def _speed(session: Session, now: datetime, edition_id: int) -> float:
    """Answers a second in the last minute, from the chunks that were worked on lately."""
    ranges = session.execute(
        select(Chunk.first_id, Chunk.last_id)
        .where(Chunk.edition_id == edition_id, Chunk.leased_at > now - LATELY - timedelta(seconds=15))
        .order_by(Chunk.leased_at.desc())
        .limit(CHUNKS)
    ).all()
    number, first, last = 0, now, now - LATELY
    for begins, ends in ranges:
        found, earliest, latest = session.execute(
            select(func.count(), func.min(Outcome.at), func.max(Outcome.at)).where(
                Outcome.delivery_id.between(begins, ends),
                Outcome.at > now - LATELY,
                Outcome.state != OutcomeState.EXCLUDED,
            )
        ).one()
        if found:
            number, first, last = number + found, min(first, earliest), max(last, latest)
    return number / max(1.0, (last - first).total_seconds()) if number else 0.0


def in_words(progress: Progress) -> str:
    """`about 4 minutes`; "" when nothing is known. Never more exact than it can be."""
    if progress.seconds is None:
        return ""
    seconds = progress.seconds
    if seconds < 50:
        return "less than a minute"
    if seconds < 90 * 60:
        minutes = math.ceil(seconds / 60)
        minutes = minutes if minutes < 10 else 5 * math.ceil(minutes / 5)
        return f"about {minutes} minute{'s' if minutes > 1 else ''}"
    if seconds < 36 * 3600:
        return f"about {math.ceil(seconds / 3600)} hours"
    return f"about {math.ceil(seconds / 86_400)} days"
