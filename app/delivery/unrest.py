"""What comes back later and says that servers refuse a letter for our sake: nobody is suppressed, sending pauses.

The rule is that of the answers heard while sending (delivery.pace), told of the ledger's order instead of time: one
server may have a grudge, and the notices of a letter arrive in any order and more than once. Only news with a proven
delivery gets here, so a stranger cannot stop a letter; when the author has resumed it, earlier news counts no more.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.delivery.models import (
    Bounce,
    BounceClass,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    RecipientKind,
)
from app.delivery.pace import LAST, Unrest
from app.delivery.refusals import Reason
from app.foundation.db import changed_rows
from app.subscribers.models import Subscriber

ABOUT_US: Final = (Reason.SPAM.value, Reason.POLICY.value)
"""A mail that is too large is ours to shorten, but no reason to distrust us."""
ALTOGETHER: Final = frozenset({"5.7.515"})
"""Said of our domain's authentication, whoever the reader is: one is enough. Other numbers of that kind are used for
a single mail too (5.7.9 by Yahoo, 5.7.26 after a reader's own forwarding), so they count as the rest do."""


@dataclass(frozen=True)
class Refused:
    """An Edition that was paused for this, or had gone out already; to be told to the authors, once."""

    edition_id: int
    why: str


def heed_refusal(session: Session, bounce: Bounce, delivery: Delivery) -> Refused | None:
    """Pause the Edition when this refusal is one too many; None when it goes on, or the authors know."""
    if bounce.bounce_class is not BounceClass.POLICY or bounce.reason not in ABOUT_US:
        return None
    edition = session.get_one(Edition, delivery.edition_id, populate_existing=True)
    if edition.edition_class is EditionClass.AUTHOR:
        return None
    said = " ".join(f"{bounce.status} {bounce.evidence}".split())[:300]
    if bounce.status in ALTOGETHER:
        why = f"a mail server refuses us altogether; it said {said}"
    elif _too_many(session, edition):
        why = f"several domains refuse this letter; the last one said {said}"
    else:
        return None
    return Refused(edition.id, why) if _pause(session, edition.id, why) else None


def _pause(session: Session, edition_id: int, why: str) -> bool:
    """True for the first who says so; what went out keeps the words and stays done."""
    running = (EditionState.OPEN, EditionState.SENDING)
    paused = changed_rows(
        session,
        update(Edition)
        .where(Edition.id == edition_id, Edition.state.in_(running))
        .values(state=EditionState.PAUSED, pause_reason=why),
    )
    return (
        paused == 1
        or changed_rows(
            session,
            update(Edition)
            .where(Edition.id == edition_id, Edition.state == EditionState.DONE, Edition.pause_reason == "")
            .values(pause_reason=why),
        )
        == 1
    )


def _too_many(session: Session, edition: Edition) -> bool:
    """Two in a hundred of any two hundred neighbours in the ledger, from three domains."""
    refused = (
        select(Delivery.id, Subscriber.domain)
        .join(Bounce, Bounce.delivery_id == Delivery.id)
        .join(Subscriber, Subscriber.id == Delivery.recipient_id)
        .where(
            Delivery.edition_id == edition.id,
            Delivery.recipient_kind == RecipientKind.SUBSCRIBER,
            Bounce.bounce_class == BounceClass.POLICY,
            Bounce.reason.in_(ABOUT_US),
        )
        .distinct()
        .order_by(Delivery.id)
    )
    if edition.resumed_at is not None:
        refused = refused.where(Bounce.at > edition.resumed_at)
    unrest, last = Unrest(), 0
    for delivery_id, domain in session.execute(refused):
        for _ in range(min(LAST, delivery_id - last - 1)):
            unrest.note("")
        unrest.note(domain)
        if unrest.too_much:
            return True
        last = delivery_id
    return False
