"""What an author hands to one reader: a guide once more, a guide by name."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.foundation.addresses import Address, address_hash
from app.foundation.errors import Conflict
from app.guides.access import Visit, append_event, grant_access, request_guide
from app.guides.models import Grant, GrantEventKind, GrantState
from app.signup.desk import Desk
from app.signup.mails import queue_guide
from app.subscribers.consent import ensure_subscriber
from app.subscribers.models import Subscriber
from app.subscribers.suppression import is_suppressed

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


def _check_mailable(session: Session, digest: str) -> None:
    if is_suppressed(session, digest):
        raise Conflict("This address must not be mailed.", field="email", hint="Its page says why.")


def _occasion(what: str, grant: Grant, now: datetime) -> str:
    """A second press within the minute is the same occasion."""
    return f"{what}:{grant.id}:{now:%Y%m%dT%H%M}"
