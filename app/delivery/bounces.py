"""One verdict from three sources: the SMTP answer, a bounce mail, a provider's webhook.

A false suppression is worse than a miss: only hard news about the address itself, or soft news again and again
with nothing getting through in between, stops mail. What the news says about us (policy, reputation) never does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.models import (
    Bounce,
    BounceClass,
    BounceSource,
    Correspondent,
    Delivery,
    Outcome,
    OutcomeState,
    RecipientKind,
)
from app.delivery.unrest import Refused, heed_refusal
from app.subscribers.models import Subscriber, Suppression, SuppressionReason
from app.subscribers.suppression import suppress

SOFT_LIMIT = 5
SOFT_WINDOW = timedelta(days=30)
MAX_EVIDENCE = 4_000


@dataclass(frozen=True)
class BounceVerdict:
    """What one piece of news led to."""

    recorded: bool
    suppressed: bool = False
    refused: Refused | None = None


NOTHING_NEW = BounceVerdict(recorded=False)


def record_bounce(
    session: Session,
    now: datetime,
    *,
    delivery_id: int,
    source: BounceSource,
    bounce_class: BounceClass,
    reason: str,
    status: str,
    evidence: str,
    raw_key: str,
    fingerprint: str,
) -> BounceVerdict:
    """Record the news once and draw the consequence.

    `fingerprint` names the news itself (64 hex digits), so that the same DSN or webhook event told ten times
    counts once; reports of `delayed` must not be brought here. A delivery we do not know changes nothing. Refusals
    of our own kind may pause the Edition; while it is being sent, whoever hears the SMTP answers sees to that.
    """
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        return NOTHING_NEW
    address_hash = _address_hash(session, delivery)
    bounce = Bounce(
        fingerprint=fingerprint,
        at=now,
        delivery_id=delivery_id,
        address_hash=address_hash,
        source=source,
        bounce_class=bounce_class,
        reason=reason[:64],
        status=status[:12],
        evidence=evidence[:MAX_EVIDENCE],
        raw_key=raw_key,
    )
    try:
        with session.begin_nested():
            session.add(bounce)
    except IntegrityError:
        return NOTHING_NEW
    if not address_hash:
        return BounceVerdict(recorded=True)
    if source is not BounceSource.SMTP and (refused := heed_refusal(session, bounce, delivery)):
        return BounceVerdict(recorded=True, refused=refused)
    cause = _cause(session, now, bounce, delivery)
    if cause is None:
        return BounceVerdict(recorded=True)
    words = f"{f'{reason} {status}'.strip()}: {evidence}"[:MAX_EVIDENCE]
    suppress(session, now, address_hash, cause, words)
    return BounceVerdict(recorded=True, suppressed=True)


def _cause(session: Session, now: datetime, bounce: Bounce, delivery: Delivery) -> SuppressionReason | None:
    """Why this news stops mail to the address, or None when it does not."""
    if bounce.bounce_class is BounceClass.COMPLAINT:
        return SuppressionReason.COMPLAINT
    if bounce.bounce_class is BounceClass.HARD:
        return SuppressionReason.HARD_BOUNCE
    if bounce.bounce_class is BounceClass.SOFT and _soft_run(session, now, bounce, delivery) >= SOFT_LIMIT:
        return SuppressionReason.HARD_BOUNCE
    return None


def _soft_run(session: Session, now: datetime, bounce: Bounce, delivery: Delivery) -> int:
    """Deliveries that bounced softly in the window, since the last one that arrived for good.

    An acceptance counts only when no bad news followed about the same delivery: a relay that takes every mail and
    bounces later would otherwise reset the count each time. An author's release starts the count anew as well.
    """
    released = session.scalar(
        select(func.max(Suppression.released_at)).where(Suppression.address_hash == bounce.address_hash)
    )
    since = max(now - SOFT_WINDOW, released or now - SOFT_WINDOW)
    bad = select(Bounce.delivery_id).where(
        Bounce.address_hash == bounce.address_hash, Bounce.delivery_id.is_not(None)
    )
    arrived = session.scalar(
        select(func.max(Outcome.at))
        .join(Delivery, Delivery.id == Outcome.delivery_id)
        .where(
            Delivery.recipient_kind == delivery.recipient_kind,
            Delivery.recipient_id == delivery.recipient_id,
            Outcome.state == OutcomeState.ACCEPTED,
            Outcome.at >= since,
            Delivery.id.not_in(bad),
        )
    )
    run = session.scalar(
        select(func.count(func.distinct(Bounce.delivery_id))).where(
            Bounce.address_hash == bounce.address_hash,
            Bounce.bounce_class == BounceClass.SOFT,
            Bounce.at > (arrived or since),
        )
    )
    return run or 0


def _address_hash(session: Session, delivery: Delivery) -> str:
    """The hash suppression knows the recipient by; empty for authors, who are never suppressed."""
    table: type[Subscriber] | type[Correspondent]
    if delivery.recipient_kind is RecipientKind.SUBSCRIBER:
        table = Subscriber
    elif delivery.recipient_kind is RecipientKind.CORRESPONDENT:
        table = Correspondent
    else:
        return ""
    return session.scalar(select(table.address_hash).where(table.id == delivery.recipient_id)) or ""
