"""What came back to one issue: how many wrote, in which lanes, how soon they had an answer, and of what they spoke."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.inbox_models import ThreadTag
from app.conversation.models import Direction, Lane, Message, Thread, ThreadState
from app.conversation.themes import Theme, find_themes

MOST_TEXTS = 2000


@dataclass(frozen=True)
class Echo:
    """`first_answer` is the median over answered threads, from the reader's mail to our answer; None without any."""

    threads: int
    waiting: int
    answered: int
    by_lane: dict[Lane, int]
    first_answer: timedelta | None
    themes: tuple[Theme, ...]
    tags: tuple[Theme, ...]


def hear_edition(session: Session, edition_id: int) -> Echo:
    """What readers answered to one mail."""
    return _echo(session, list(session.scalars(select(Thread).where(Thread.edition_id == edition_id))))


def hear_between(session: Session, begin: datetime, end: datetime) -> Echo:
    """What readers began to say between two moments, the second left out."""
    query = select(Thread).where(Thread.opened_at >= begin, Thread.opened_at < end)
    return _echo(session, list(session.scalars(query)))


def _echo(session: Session, threads: list[Thread]) -> Echo:
    ids = [thread.id for thread in threads]
    lanes = Counter(thread.lane for thread in threads)
    spans = [(each.answered_at - each.opened_at).total_seconds() for each in threads if each.answered_at]
    return Echo(
        threads=len(threads),
        waiting=sum(thread.state is ThreadState.WAITING for thread in threads),
        answered=len(spans),
        by_lane={lane: lanes[lane] for lane in Lane},
        first_answer=timedelta(seconds=median(spans)) if spans else None,
        themes=find_themes(_texts(session, ids)),
        tags=_tags(session, ids),
    )


def _texts(session: Session, ids: list[int]) -> list[str]:
    """All a reader said in a thread, as one text for each."""
    said: dict[int, list[str]] = {}
    for thread_id, words in session.execute(
        select(Message.thread_id, func.substr(Message.text, 1, 4000)).where(
            Message.thread_id.in_(ids[:MOST_TEXTS]), Message.direction == Direction.IN
        )
    ):
        said.setdefault(thread_id, []).append(words)
    return ["\n".join(texts) for texts in said.values()]


def _tags(session: Session, ids: list[int]) -> tuple[Theme, ...]:
    rows = session.execute(
        select(ThreadTag.name, func.count())
        .where(ThreadTag.thread_id.in_(ids[:MOST_TEXTS]))
        .group_by(ThreadTag.name)
        .order_by(func.count().desc(), ThreadTag.name)
        .limit(12)
    )
    return tuple(Theme(name, number) for name, number in rows)
