"""A new edition for all who have an old one: the author asks once, the readers are mailed by and by.

The intention is a row, so that a lost ring or a worker that died costs a minute: the clock rings for what is not ended.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, func, literal, select
from sqlalchemy.orm import Session

from app.foundation.jobs import ring_after_commit
from app.guides.access import Visit, append_event, grant_access
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile, GuideOffer
from app.guides.queries import get_newest_file
from app.signup.desk import Desk
from app.signup.mails import queue_new_edition
from app.subscribers.models import Subscriber, SubscriberState, Subscription, SubscriptionState

AT_ONCE: Final = 200
JOB: Final = "guides.offer"


@dataclass(frozen=True)
class OfferProgress:
    """How far the newest edition has been offered; `asked_at` is None while nobody asked for it."""

    offered: int
    remaining: int
    asked_at: datetime | None
    asked_by: str
    ended_at: datetime | None

    @property
    def under_way(self) -> bool:
        """Readers are being mailed now."""
        return self.asked_at is not None and self.ended_at is None


def read_offer_progress(session: Session, slug: str) -> OfferProgress:
    """Where the offer of the newest edition stands. Raises NotFound for a guide that is not published."""
    newest = get_newest_file(session, slug)
    offer = session.get(GuideOffer, newest.id)
    offered = select(func.count(GrantEvent.grant_id.distinct())).where(
        GrantEvent.kind == GrantEventKind.OFFERED, GrantEvent.guide_file_id == newest.id
    )
    return OfferProgress(
        offered=session.scalar(offered) or 0,
        remaining=session.scalar(select(func.count()).select_from(Grant).where(*_has_old(newest))) or 0,
        asked_at=offer.asked_at if offer else None,
        asked_by=offer.asked_by if offer else "",
        ended_at=offer.ended_at if offer else None,
    )


def offer_new_edition(session: Session, now: datetime, slug: str, *, by: str) -> None:
    """Begin to mail the newest edition to all who have an older one; asked again, whoever has come since."""
    newest = get_newest_file(session, slug)
    offer = session.get(GuideOffer, newest.id)
    if offer is None:
        session.add(GuideOffer(guide_file_id=newest.id, asked_at=now, asked_by=by[:80]))
    elif offer.ended_at is not None:
        offer.asked_at, offer.asked_by, offer.ended_at = now, by[:80], None
    ring_after_commit(session, JOB, slug)


def continue_offer(session: Session, now: datetime, desk: Desk, slug: str) -> bool:
    """Mail the next AT_ONCE readers; True while there are more. Nothing happens without an offer under way."""
    newest = get_newest_file(session, slug)
    offer = session.get(GuideOffer, newest.id, with_for_update=True)  # two workers take their turns
    if offer is None or offer.ended_at is not None:
        return False
    grants = session.scalars(select(Grant).where(*_has_old(newest)).order_by(Grant.id).limit(AT_ONCE)).all()
    for grant in grants:
        grant_access(session, now, grant, visit=Visit())
        append_event(session, now, grant, GrantEventKind.OFFERED, Visit(), by=offer.asked_by)
        queue_new_edition(session, now, desk, grant, newest)
    if len(grants) < AT_ONCE:
        offer.ended_at = now
        return False
    return True


def ring_for_offers(session: Session) -> None:
    """Offers that a worker should go on with; an edition that is not the newest any more is offered no further."""
    rows = session.scalars(
        select(GuideFile)
        .join(GuideOffer, GuideOffer.guide_file_id == GuideFile.id)
        .where(GuideOffer.ended_at.is_(None))
    )
    for file in rows:
        if get_newest_file(session, file.slug).id == file.id:
            ring_after_commit(session, JOB, file.slug)


def _has_old(newest: GuideFile) -> tuple[ColumnElement[bool], ...]:
    """Who left everything was promised that no more mail comes; who never subscribed to anything left nothing."""
    theirs = Subscription.subscriber_id == Grant.subscriber_id
    gone = exists(select(literal(1)).where(theirs, Subscription.state == SubscriptionState.LEFT)) & ~exists(
        select(literal(1)).where(theirs, Subscription.state == SubscriptionState.ON)
    )
    verified = select(Subscriber.id).where(Subscriber.state == SubscriberState.VERIFIED)
    return (
        Grant.slug == newest.slug,
        Grant.state.in_((GrantState.GRANTED, GrantState.DOWNLOADED)),
        Grant.revoked_at.is_(None),
        Grant.guide_file_id != newest.id,
        Grant.subscriber_id.in_(verified),
        ~gone,
    )
