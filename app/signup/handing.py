"""What an author hands out: a guide once more, a guide by name, a new edition to all who have an old one."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.foundation.addresses import Address, address_hash
from app.foundation.errors import Conflict
from app.guides.access import Visit, append_event, grant_access, request_guide
from app.guides.models import Grant, GrantEventKind, GrantState
from app.guides.queries import get_newest_file
from app.signup.desk import Desk
from app.signup.mails import queue_guide, queue_new_edition
from app.subscribers.consent import ensure_subscriber
from app.subscribers.models import Subscriber, SubscriberState
from app.subscribers.suppression import is_suppressed

OFFERED_AT_ONCE: Final = 1_000
BY_HAND: Final = "by hand"


def resend_guide(session: Session, now: datetime, desk: Desk, grant: Grant, *, by: str) -> None:
    """Mail the guide's link once more, with the newest edition.

    Raises Gone when the right was withdrawn, Conflict when the address must not be mailed or was never confirmed.
    """
    subscriber = session.get_one(Subscriber, grant.subscriber_id)
    _check_mailable(session, subscriber.address_hash)
    if grant.state is GrantState.REQUESTED:
        raise Conflict("This address has not been confirmed, so nothing can be sent to it.")
    grant_access(session, now, grant, visit=Visit())
    append_event(session, now, grant, GrantEventKind.RESENT, Visit(), by=by[:80])
    queue_guide(session, now, desk, grant, subscribed=False, occasion=_occasion("resent", grant, now))


def grant_by_hand(
    session: Session, now: datetime, desk: Desk, address: Address, slug: str, *, by: str
) -> Grant:
    """Give somebody the guide on the author's word, who answers for having been asked; it subscribes them to nothing.

    Raises Conflict for an address that must not be mailed, Gone when the right was withdrawn before.
    """
    digest = address_hash(address.canonical, desk.address_key)
    _check_mailable(session, digest)
    subscriber = ensure_subscriber(session, now, address, desk.address_key, source=BY_HAND)
    visit = Visit(source=BY_HAND)
    grant = request_guide(session, now, subscriber.id, slug, source=BY_HAND, visit=visit)
    grant_access(session, now, grant, visit=visit)
    append_event(session, now, grant, GrantEventKind.RESENT, visit, by=by[:80])
    queue_guide(session, now, desk, grant, subscribed=False, occasion=_occasion("hand", grant, now))
    return grant


def count_old_editions(session: Session, slug: str) -> int:
    """How many readers have an edition that is not the newest and could be offered it."""
    return session.scalar(select(func.count()).select_from(Grant).where(*_has_old(session, slug))) or 0


def offer_new_edition(session: Session, now: datetime, desk: Desk, slug: str, *, by: str) -> int:
    """Mail the newest edition to readers who have an older one, OFFERED_AT_ONCE at a time; how many this time."""
    grants = session.scalars(
        select(Grant).where(*_has_old(session, slug)).order_by(Grant.id).limit(OFFERED_AT_ONCE)
    ).all()
    newest = get_newest_file(session, slug)
    for grant in grants:
        grant_access(session, now, grant, visit=Visit())
        append_event(session, now, grant, GrantEventKind.OFFERED, Visit(), by=by[:80])
        queue_new_edition(session, now, desk, grant, newest)
    return len(grants)


def _has_old(session: Session, slug: str) -> tuple[ColumnElement[bool], ...]:
    newest = get_newest_file(session, slug)
    return (
        Grant.slug == slug,
        Grant.state.in_((GrantState.GRANTED, GrantState.DOWNLOADED)),
        Grant.revoked_at.is_(None),
        Grant.guide_file_id != newest.id,
        Grant.subscriber_id.in_(select(Subscriber.id).where(Subscriber.state == SubscriberState.VERIFIED)),
    )


def _check_mailable(session: Session, digest: str) -> None:
    if is_suppressed(session, digest):
        raise Conflict("This address must not be mailed.", field="email", hint="Its page says why.")


def _occasion(what: str, grant: Grant, now: datetime) -> str:
    """A second press within the minute is the same occasion."""
    return f"{what}:{grant.id}:{now:%Y%m%dT%H%M}"
