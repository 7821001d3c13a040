"""A reader follows the guide's link in a letter: the address is proved already, so there is no form, one tap.

The key is the letter's own delivery token. Reading it changes nothing; a person's press grants the guide.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.models import Delivery, Edition, EditionClass, RecipientKind
from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose, Signer
from app.guides.access import Visit, grant_access, request_guide
from app.guides.models import Grant, GuideFile
from app.guides.queries import get_newest_file
from app.signup.wording import guide_wording
from app.subscribers.consent import Evidence, record_consent
from app.subscribers.models import ConsentAction, Subscriber, SubscriberState


@dataclass(frozen=True)
class Offer:
    """A guide, the reader it is offered to, and the mail that the offer stands in."""

    guide: GuideFile
    subscriber: Subscriber
    source: str


def read_offer(session: Session, signer: Signer, slug: str, token: str) -> Offer | None:
    """What this link offers; None when it went to nobody who has proved an address, who then fills in the form.

    Raises NotFound for a token that is not ours and a guide that is not published.
    """
    (delivery_id,) = signer.read(Purpose.DELIVERY, token, 1)
    guide = get_newest_file(session, slug)
    row = session.execute(
        select(Delivery.recipient_kind, Edition.key, Edition.edition_class, Subscriber)
        .join(Edition, Edition.id == Delivery.edition_id)
        .outerjoin(Subscriber, Subscriber.id == Delivery.recipient_id)
        .where(Delivery.id == delivery_id)
    ).one_or_none()
    if row is None:
        raise NotFound("This link is not one of ours, or it was cut short.")
    kind, key, edition_class, subscriber = row
    if kind is not RecipientKind.SUBSCRIBER or edition_class is not EditionClass.BULK:
        return None
    if subscriber is None or subscriber.state is not SubscriberState.VERIFIED:
        return None
    return Offer(guide, subscriber, f"letter:{key}"[:120])


def take_guide(
    session: Session, now: datetime, signer: Signer, slug: str, token: str, evidence: Evidence
) -> Grant | None:
    """The reader takes what the letter offered; taking it again changes nothing but adds its evidence.

    Raises as `read_offer`, and Gone when the right was withdrawn.
    """
    offer = read_offer(session, signer, slug, token)
    if offer is None:
        return None
    visit = Visit(evidence.ip, evidence.user_agent, offer.source)
    grant = request_guide(session, now, offer.subscriber.id, slug, source=offer.source, visit=visit)
    grant_access(session, now, grant, visit=visit)
    shown = Evidence(evidence.form, guide_wording(offer.guide.title), evidence.ip, evidence.user_agent)
    record_consent(
        session,
        now,
        offer.subscriber.id,
        ConsentAction.GUIDE_REQUESTED,
        shown,
        detail={"guide": slug, "source": offer.source},
    )
    return grant
