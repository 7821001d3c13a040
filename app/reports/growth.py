"""Where new readers come from: sources, and the readers who invite others.

A line counts people, not requests: whoever asked within the time, and how many of those same people have confirmed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.foundation.paging import Page
from app.signup.models import Invitation, InvitationCredit, JoinRequest
from app.subscribers.models import Subscriber


class Sorting(StrEnum):
    """What a line of the sources stands for."""

    ORIGIN = "origin"
    FORM = "form"
    ISSUE = "issue"


_COLUMNS: Final = {
    Sorting.ORIGIN: JoinRequest.origin,
    Sorting.FORM: JoinRequest.form,
    Sorting.ISSUE: JoinRequest.issue_slug,
}


@dataclass(frozen=True)
class SourceRow:
    """`name` is "" for those of whom nothing is known."""

    name: str
    asked: int
    confirmed: int


@dataclass(frozen=True)
class InviterRow:
    """One reader who invites; `subscriber_id` is None for all those who are nobody to us together."""

    subscriber_id: int | None
    address: str
    links: int
    asked: int
    joined: int


def read_sources(
    session: Session, now: datetime, sorting: Sorting, *, days: int, page: int = 1, per_page: int = 25
) -> Page[SourceRow]:
    """The sources of the last `days` days, those with most people first."""
    key: ColumnElement[str] = _COLUMNS[sorting].expression
    asked = func.count(JoinRequest.subscriber_id.distinct())
    confirmed = func.count(
        case((JoinRequest.confirmed_at.is_not(None), JoinRequest.subscriber_id)).distinct()
    )
    within = JoinRequest.requested_at >= now - timedelta(days=days)
    total = session.scalar(select(func.count(key.distinct())).where(within)) or 0
    rows = session.execute(
        select(key, asked, confirmed)
        .where(within)
        .group_by(key)
        .order_by(asked.desc(), key)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return Page(tuple(SourceRow(*row) for row in rows), page, per_page, total)


def read_inviters(session: Session, *, page: int = 1, per_page: int = 25) -> Page[InviterRow]:
    """Who has invited, those with most thanks first."""
    people = (
        select(JoinRequest.invitation_id, func.count(JoinRequest.subscriber_id.distinct()).label("asked"))
        .where(JoinRequest.invitation_id.is_not(None))
        .group_by(JoinRequest.invitation_id)
        .subquery()
    )
    thanks = (
        select(InvitationCredit.invitation_id, func.count().label("joined"))
        .group_by(InvitationCredit.invitation_id)
        .subquery()
    )
    asked, joined = func.coalesce(func.sum(people.c.asked), 0), func.coalesce(func.sum(thanks.c.joined), 0)
    query = (
        select(Invitation.inviter_id, func.max(Subscriber.address), func.count(), asked, joined)
        .outerjoin(Subscriber, Subscriber.id == Invitation.inviter_id)
        .outerjoin(people, people.c.invitation_id == Invitation.id)
        .outerjoin(thanks, thanks.c.invitation_id == Invitation.id)
        .group_by(Invitation.inviter_id)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(
        query.order_by(joined.desc(), asked.desc(), Invitation.inviter_id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return Page(
        tuple(
            InviterRow(reader_id, address or "", links, int(some), int(came))
            for reader_id, address, links, some, came in rows
        ),
        page,
        per_page,
        total,
    )
