"""What the author's corrections teach: every thread moved by hand is an example for the lanes."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.inbox_models import LaneCorrection
from app.conversation.lanes import Correction
from app.conversation.models import Direction, Lane, LaneBy, Message, Thread

MOST = 1000
_ENOUGH_WORDS = 2500


def move_to_lane(session: Session, now: datetime, thread: Thread, lane: Lane) -> None:
    """The author's verdict. It also holds where they confirm the lane a thread is in."""
    thread.lane, thread.lane_by = lane, LaneBy.AUTHOR
    thread.lane_certainty, thread.lane_reasons = 100, ""
    correction = session.get(LaneCorrection, thread.id)
    if correction is None:
        session.add(LaneCorrection(thread_id=thread.id, lane=lane, at=now))
    else:
        correction.lane, correction.at = lane, now
    session.flush()


def read_corrections(session: Session) -> list[Correction]:
    """The newest corrections, oldest first, each with the words the reader began with."""
    first = (
        select(Message.thread_id, func.min(Message.id).label("id"))
        .where(Message.direction == Direction.IN)
        .group_by(Message.thread_id)
        .subquery()
    )
    rows = session.execute(
        select(func.substr(Message.text, 1, _ENOUGH_WORDS), LaneCorrection.lane)
        .join(first, first.c.id == Message.id)
        .join(LaneCorrection, LaneCorrection.thread_id == Message.thread_id)
        .order_by(LaneCorrection.at.desc(), LaneCorrection.thread_id.desc())
        .limit(MOST)
    ).all()
    return [Correction(text, lane) for text, lane in reversed(rows)]
