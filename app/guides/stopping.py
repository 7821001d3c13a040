"""The author's hand on single follow-ups: one of them for everybody, or one of them for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.delivery.control import pause_edition, resume_edition
from app.delivery.models import Delivery, Edition, EditionState
from app.foundation.errors import Conflict, NotFound
from app.guides.content import FollowUp, GuideContent
from app.guides.followups import count_coming, in_order, topic_slug
from app.guides.models import FollowUpMail, FollowUpSkip, FollowUpStepStop, Grant
from app.subscribers.queries import find_topic

SOON: Final = timedelta(days=7)
_WHY: Final = "this follow-up is stopped in the studio"


@dataclass(frozen=True)
class Step:
    """One follow-up of a guide: how many had it, and how many will within SOON when nothing changes."""

    mail: FollowUp
    queued: int
    coming: int
    stopped_at: datetime | None


def read_steps(session: Session, now: datetime, content: GuideContent) -> tuple[Step, ...]:
    """Every follow-up of a guide in order, with its numbers."""
    topic = find_topic(session, topic_slug(content.slug))
    stopped = {
        row.name: row.stopped_at
        for row in session.scalars(select(FollowUpStepStop).where(FollowUpStepStop.slug == content.slug))
    }
    had = dict(
        session.execute(
            select(FollowUpMail.name, func.count())
            .join(Grant, Grant.id == FollowUpMail.grant_id)
            .where(Grant.slug == content.slug)
            .group_by(FollowUpMail.name)
        ).all()
    )
    return tuple(
        Step(
            mail,
            had.get(mail.slug, 0),
            count_coming(session, now, content.slug, topic.id, mail, SOON) if topic else 0,
            stopped.get(mail.slug),
        )
        for mail in in_order(content)
    )


def stop_step(session: Session, now: datetime, content: GuideContent, name: str) -> None:
    """Nobody gets this follow-up from now on; what waits in the ledger waits on. Raises NotFound."""
    _check(content, name)
    if session.get(FollowUpStepStop, (content.slug, name)) is None:
        session.add(FollowUpStepStop(slug=content.slug, name=name, stopped_at=now))
    for edition_id in _editions(session, content.slug, name, (EditionState.OPEN, EditionState.SENDING)):
        pause_edition(session, now, edition_id, _WHY)


def resume_step(session: Session, now: datetime, content: GuideContent, name: str) -> None:
    """Take the stop back. Raises NotFound."""
    _check(content, name)
    session.execute(
        delete(FollowUpStepStop).where(FollowUpStepStop.slug == content.slug, FollowUpStepStop.name == name)
    )
    for edition_id in _editions(session, content.slug, name, (EditionState.PAUSED,)):
        resume_edition(session, now, edition_id)


def skip_followup(session: Session, now: datetime, grant: Grant, content: GuideContent, name: str) -> None:
    """This reader does not get this one. Raises NotFound, and Conflict when it is in the ledger already."""
    _check(content, name)
    if session.get(FollowUpMail, (grant.id, name)) is not None:
        raise Conflict("This follow-up has gone out to this reader already.")
    if session.get(FollowUpSkip, (grant.id, name)) is None:
        session.add(FollowUpSkip(grant_id=grant.id, name=name, skipped_at=now))


def unskip_followup(session: Session, grant: Grant, content: GuideContent, name: str) -> None:
    """This reader gets it after all, if its time has not passed. Raises NotFound."""
    _check(content, name)
    session.execute(delete(FollowUpSkip).where(FollowUpSkip.grant_id == grant.id, FollowUpSkip.name == name))


def _check(content: GuideContent, name: str) -> None:
    if name not in {mail.slug for mail in content.followups}:
        raise NotFound("This guide has no follow-up of that name.")


def _editions(session: Session, slug: str, name: str, states: Sequence[EditionState]) -> list[int]:
    query = (
        select(Edition.id)
        .distinct()
        .join(Delivery, Delivery.edition_id == Edition.id)
        .join(FollowUpMail, FollowUpMail.delivery_id == Delivery.id)
        .join(Grant, Grant.id == FollowUpMail.grant_id)
        .where(Grant.slug == slug, FollowUpMail.name == name, Edition.state.in_(states))
    )
    if EditionState.PAUSED in states:
        query = query.where(Edition.pause_reason == _WHY)
    return list(session.scalars(query))
