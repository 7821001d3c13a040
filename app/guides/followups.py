"""The mails that follow a guide: which grant is due for which, asked of SQL with the clock in hand.

A follow-up goes to a reader who ticked its box, once, not on the same day as another, not near a letter, and not
weeks late: what could not go within LATEST of its time never goes. Leaving, a complaint, a withdrawn grant, an answer
and the author's switch each end it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from app.delivery.eligibility import suppressed, topic_is_on
from app.delivery.quiet import is_quiet
from app.foundation.db import changed_rows
from app.guides.anatomy import FollowUpCondition
from app.guides.content import FollowUp, GuideContent
from app.guides.models import FollowUpMail, FollowUpSkip, FollowUpStepStop, FollowUpStop, Grant, GrantState
from app.guides.rules import STANDARD
from app.rendering.typeset import typeset
from app.subscribers.models import Function, Subscriber, SubscriberState, Topic, TopicKind
from app.subscribers.queries import find_topic

ONE_EACH: Final = timedelta(days=1)
LATEST: Final = timedelta(days=7)
AT_ONCE: Final = 500

_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True)
class PlannedMail:
    """One follow-up of a guide in one reader's future or past; `sent_at` is None while it is to come, `stopped` says
    that the author's hand keeps it back, from this reader or from all, `unfit` that it is meant for others."""

    name: str
    subject: str
    due_at: datetime | None
    sent_at: datetime | None
    stopped: bool = False
    skipped: bool = False
    unfit: bool = False
    after_download: bool = False


def topic_slug(guide_slug: str) -> str:
    """The slug of the topic that a guide's follow-ups are."""
    return f"followups-{guide_slug}"[:64]


def ensure_topic(session: Session, content: GuideContent) -> Topic | None:
    """The topic of a guide's follow-ups, with a box of its own on the guide's form; None for a guide without any."""
    if not content.followups:
        return None
    slug = topic_slug(content.slug)
    topic = find_topic(session, slug)
    if topic is None:
        count = len(content.followups)
        topic = Topic(
            slug=slug,
            kind=TopicKind.FOLLOWUPS,
            name="A few mails on using the guide",
            description=(
                f"At most {count} over {_longest(content)} days after you take “{typeset(content.title)}”, "
                "then they end."
            )[:300],
            position=50,
            offered=True,
        )
        session.add(topic)
        session.flush()
    return topic


def delay_of(followup: FollowUp) -> timedelta:
    """`2d` or `12h` as a span."""
    return int(followup.matter.delay[:-1]) * _UNITS[followup.matter.delay[-1]]


def in_order(content: GuideContent) -> list[FollowUp]:
    """The follow-ups by their time."""
    return sorted(content.followups, key=lambda mail: (delay_of(mail), mail.slug))


def due_grants(
    session: Session,
    now: datetime,
    guide_slug: str,
    topic_id: int,
    followup: FollowUp,
    quiet: timedelta = STANDARD.quiet,
) -> list[Grant]:
    """The grants whose readers should get this follow-up now."""
    mine = aliased(Grant)
    query = (
        select(Grant)
        .join(Subscriber, Subscriber.id == Grant.subscriber_id)
        .where(
            *_wanted(guide_slug, topic_id, followup),
            *_timely(followup, now, now),
            ~is_quiet(now, quiet),
            ~exists(
                select(literal(1))
                .select_from(FollowUpMail)
                .join(mine, mine.id == FollowUpMail.grant_id)
                .where(mine.subscriber_id == Grant.subscriber_id, FollowUpMail.queued_at > now - ONE_EACH)
            ),
        )
        .order_by(Grant.id)
        .limit(AT_ONCE)
    )
    return list(session.scalars(query))


def count_coming(
    session: Session, now: datetime, guide_slug: str, topic_id: int, followup: FollowUp, within: timedelta
) -> int:
    """How many readers this follow-up will go to within that time, when nothing changes."""
    query = (
        select(func.count())
        .select_from(Grant)
        .join(Subscriber, Subscriber.id == Grant.subscriber_id)
        .where(*_wanted(guide_slug, topic_id, followup), *_timely(followup, now, now + within))
    )
    return session.scalar(query) or 0


def _timely(followup: FollowUp, now: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Due by `until`, and not too late to go now."""
    anchor = Grant.downloaded_at if _after_download(followup) else Grant.granted_at
    delay = delay_of(followup)
    return anchor <= until - delay, anchor > now - delay - LATEST


def _wanted(guide_slug: str, topic_id: int, followup: FollowUp) -> tuple[ColumnElement[bool], ...]:
    """Whoever may get this follow-up, has not had it, and whom nobody's stop keeps from it."""
    had = (FollowUpMail, FollowUpSkip)
    return (
        Grant.slug == guide_slug,
        Grant.revoked_at.is_(None),
        Grant.followups_stopped_at.is_(None),
        *_condition(followup),
        Subscriber.state == SubscriberState.VERIFIED,
        ~suppressed(Subscriber.address_hash),
        topic_is_on(topic_id),
        ~exists(select(literal(1)).where(FollowUpStop.slug == guide_slug)),
        ~exists(
            select(literal(1)).where(
                FollowUpStepStop.slug == guide_slug, FollowUpStepStop.name == followup.slug
            )
        ),
        *(
            ~exists(select(literal(1)).where(row.grant_id == Grant.id, row.name == followup.slug))
            for row in had
        ),
    )


def stop_followups(session: Session, now: datetime, subscriber_id: int, why: str) -> int:
    """This reader gets no more follow-ups of the guides they have (an answer came, or they said so); how many ended."""
    return changed_rows(
        session,
        update(Grant)
        .where(Grant.subscriber_id == subscriber_id, Grant.followups_stopped_at.is_(None))
        .values(followups_stopped_at=now, followups_stopped_why=why[:80])
        .execution_options(synchronize_session=False),
    )


def stop_all(session: Session, now: datetime, guide_slug: str) -> None:
    """The author's switch for one guide; what waits in the ledger already still goes."""
    if session.get(FollowUpStop, guide_slug) is None:
        session.add(FollowUpStop(slug=guide_slug, stopped_at=now))


def stopped_since(session: Session, guide_slug: str) -> datetime | None:
    """When the author stopped all follow-ups of this guide; None while they go."""
    row = session.get(FollowUpStop, guide_slug)
    return row.stopped_at if row else None


def go_on(session: Session, guide_slug: str) -> None:
    """Take the switch back."""
    session.execute(delete(FollowUpStop).where(FollowUpStop.slug == guide_slug))


def plan_of(session: Session, grant: Grant, content: GuideContent) -> list[PlannedMail]:
    """What this reader got and, when nothing changes, will get; whether they may be mailed at all is not asked."""
    sent = {
        row.name: row.queued_at
        for row in session.scalars(select(FollowUpMail).where(FollowUpMail.grant_id == grant.id))
    }
    skipped = set(session.scalars(select(FollowUpSkip.name).where(FollowUpSkip.grant_id == grant.id)))
    held = set(session.scalars(select(FollowUpStepStop.name).where(FollowUpStepStop.slug == content.slug)))
    reader = session.get_one(Subscriber, grant.subscriber_id)
    plan = []
    for mail in in_order(content):
        anchor = grant.downloaded_at if _after_download(mail) else grant.granted_at
        due = anchor + delay_of(mail) if anchor else None
        name = mail.slug
        plan.append(
            PlannedMail(
                name,
                mail.matter.subject,
                due,
                sent.get(name),
                name in held or name in skipped,
                name in skipped,
                _unfit(mail, grant, reader),
                _after_download(mail),
            )
        )
    return plan


def _unfit(followup: FollowUp, grant: Grant, reader: Subscriber) -> bool:
    """Will this reader, as things stand, never be meant? A download that may still come is no reason."""
    matter = followup.matter
    if matter.condition is FollowUpCondition.NOT_DOWNLOADED and grant.state is GrantState.DOWNLOADED:
        return True
    return matter.function is not None and reader.function != Function(matter.function.value)


def _after_download(followup: FollowUp) -> bool:
    return followup.matter.condition is FollowUpCondition.DOWNLOADED


def _condition(followup: FollowUp) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Grant.state.in_((GrantState.GRANTED, GrantState.DOWNLOADED))]
    if followup.matter.condition is FollowUpCondition.DOWNLOADED:
        wanted = [Grant.state == GrantState.DOWNLOADED]
    elif followup.matter.condition is FollowUpCondition.NOT_DOWNLOADED:
        wanted = [Grant.state == GrantState.GRANTED]
    if followup.matter.function is not None:
        wanted.append(Subscriber.function == Function(followup.matter.function.value))
    return wanted


def _longest(content: GuideContent) -> int:
    return max((delay_of(mail) for mail in content.followups), default=ONE_EACH).days or 1
