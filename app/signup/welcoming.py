"""What the first mail tells a new reader: what comes when, and which letters to begin with."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.errors import NotFound
from app.issues.cadence import get_cadence
from app.issues.models import Issue, IssueKind
from app.issues.queries import OUT
from app.issues.words import WEEKDAYS, clock_words, zone_words
from app.signup.models import JoinRequest
from app.subscribers.models import Topic, TopicKind

STARTS: Final = 3
_KINDS: Final = {TopicKind.LETTER: IssueKind.LETTER, TopicKind.LINKS: IssueKind.LINKS}


def time_of(session: Session, now: datetime, topic: Topic) -> str:
    """`Tuesdays, 8:15 am New York time`; "" for what comes when there is something."""
    kind = _KINDS.get(topic.kind)
    try:
        rule = get_cadence(session, kind) if kind else None
    except NotFound:
        rule = None
    if rule is None:
        return ""
    at = now.replace(hour=rule.local_time.hour, minute=rule.local_time.minute)
    return f"{WEEKDAYS[rule.weekday]}s, {clock_words(at)} {zone_words(ZoneInfo(rule.zone))}"


def letters_to_begin_with(session: Session) -> tuple[Issue, ...]:
    """The letters that brought in most readers, by their page or by an invitation, and then the newest."""
    brought = (
        select(JoinRequest.issue_slug, func.count(JoinRequest.subscriber_id.distinct()).label("readers"))
        .where(JoinRequest.confirmed_at.is_not(None), JoinRequest.issue_slug != "")
        .group_by(JoinRequest.issue_slug)
        .subquery()
    )
    query = (
        select(Issue)
        .outerjoin(brought, brought.c.issue_slug == Issue.slug)
        .where(Issue.kind == IssueKind.LETTER, Issue.state.in_(OUT), Issue.withdrawn_at.is_(None))
        .order_by(func.coalesce(brought.c.readers, 0).desc(), Issue.sent_at.desc(), Issue.id.desc())
        .limit(STARTS)
    )
    return tuple(session.scalars(query))
