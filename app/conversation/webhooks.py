"""Webhooks of mail providers: proved at the door, stored like a mail, worked on by the same job.

A proved provider may speak about an address; still the delivery is looked for by our own tokens first, and the
event's own number keeps it from counting twice, in whatever order and however often it is told (F25).
"""

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.courtesies import tell_of_refusal
from app.conversation.models import InboundKind, InboundMail
from app.conversation.proof import read_clue
from app.conversation.providers.events import EventKind, Hook, ProviderEvent
from app.conversation.providers.mailgun import Mailgun
from app.conversation.providers.postmark import Postmark
from app.conversation.providers.sendgrid import SendGrid
from app.conversation.providers.ses import Ses
from app.delivery.bounces import record_bounce
from app.delivery.models import BounceClass, BounceSource, Delivery, RecipientKind
from app.delivery.refusals import Reason
from app.delivery.verdicts import Verdict
from app.foundation.addresses import parse_address
from app.foundation.errors import InvalidInput
from app.foundation.settings import Settings
from app.foundation.storage import Storage
from app.foundation.tokens import Signer
from app.issues.fetching import Fetcher
from app.signup.desk import Desk
from app.subscribers.models import Subscriber
from app.subscribers.preferences import leave

PROVIDERS: Final = ("mailgun", "postmark", "sendgrid", "ses")
FORM: Final = "webhook: {}"

_COMPLAINT: Final = Verdict(BounceClass.COMPLAINT, Reason.COMPLAINT)


def find_hook(name: str, settings: Settings, fetcher: Fetcher, storage: Storage) -> Hook | None:
    """The provider of that name, when its key is set."""
    if name == "mailgun" and (key := settings.mailgun_signing_key.get_secret_value()):
        return Mailgun(key.encode())
    if name == "postmark" and (login := settings.postmark_hook_login.get_secret_value()):
        return Postmark(login)
    if name == "sendgrid" and settings.sendgrid_public_key:
        return SendGrid(settings.sendgrid_public_key)
    if name == "ses" and settings.ses_topics:
        topics = frozenset(topic.strip() for topic in settings.ses_topics.split(",") if topic.strip())
        return Ses(topics, fetcher, storage)
    return None


def take_events(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    events: list[ProviderEvent],
    signer: Signer,
    desk: Desk | None = None,
) -> InboundKind:
    """Draw the consequences of a stored webhook; the kind of its most telling event."""
    for event in events:
        delivery = _find_delivery(session, signer, event)
        if delivery is None:
            continue
        if event.kind is EventKind.LEAVE:
            if delivery.recipient_kind is RecipientKind.SUBSCRIBER:
                leave(session, now, delivery.recipient_id, None, FORM.format(inbound.via))
            continue
        verdict = _COMPLAINT if event.kind is EventKind.COMPLAINT else event.verdict
        if verdict is None:
            continue
        told = f"{inbound.via} {event.kind} {delivery.id} {event.event_id or inbound.fingerprint}"
        told_of = record_bounce(
            session,
            now,
            delivery_id=delivery.id,
            source=BounceSource.WEBHOOK,
            bounce_class=verdict.bounce_class,
            reason=verdict.reason,
            status=event.status,
            evidence=event.words,
            raw_key=inbound.storage_key,
            fingerprint=hashlib.sha256(told.encode("utf-8", "replace")).hexdigest(),
        )
        if told_of.refused is not None and desk is not None:
            tell_of_refusal(session, now, desk, told_of.refused)
    kinds = {event.kind for event in events}
    if EventKind.COMPLAINT in kinds:
        return InboundKind.COMPLAINT
    if EventKind.BOUNCE in kinds:
        return InboundKind.BOUNCE
    return InboundKind.UNSUBSCRIBE if EventKind.LEAVE in kinds else InboundKind.OTHER


def _find_delivery(session: Session, signer: Signer, event: ProviderEvent) -> Delivery | None:
    """By our tokens; else the last mail to that reader, as the provider proved who it is."""
    for clue in event.clues:
        delivery_id = read_clue(signer, clue)
        delivery = session.get(Delivery, delivery_id) if delivery_id else None
        if delivery is not None:
            return delivery
    try:
        canonical = parse_address(event.recipient).canonical
    except InvalidInput:
        return None
    return session.scalars(
        select(Delivery)
        .join(Subscriber, Subscriber.id == Delivery.recipient_id)
        .where(Delivery.recipient_kind == RecipientKind.SUBSCRIBER, Subscriber.canonical == canonical)
        .order_by(Delivery.id.desc())
        .limit(1)
    ).one_or_none()
