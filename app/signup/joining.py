"""Somebody fills in a form. Whoever they are (new, unverified, verified, gone, suppressed), the visitor sees the same.

What differs happens behind the page: the ledger mails nobody who is suppressed, a mailbox gets at most one
confirmation a day however often strangers type it (A4), and of an erased person nothing is kept at all.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.addresses import (
    Address,
    abuse_key,
    address_hash,
    ignores_dots,
    parse_address,
    untagged,
)
from app.guides.access import Visit, grant_access, request_guide
from app.guides.queries import get_newest_file
from app.signup.desk import Desk
from app.signup.mails import queue_confirmation, queue_guide
from app.signup.models import JoinRequest
from app.signup.wording import guide_wording, topic_wording
from app.subscribers.consent import Evidence, ensure_subscriber, record_consent
from app.subscribers.models import (
    ConsentAction,
    Function,
    Subscriber,
    SubscriberState,
    SubscriptionState,
    SuppressionReason,
    Topic,
)
from app.subscribers.queries import list_topics, subscriptions_of
from app.subscribers.suppression import reasons_in_force

ONE_CONFIRMATION_EACH = timedelta(days=1)
SPELLINGS = 3
"""In how many ways of setting dots one name at a domain may be asked in ONE_CONFIRMATION_EACH."""


@dataclass(frozen=True)
class Trail:
    """How the visitor came to the form: `origin` as in guides.sources, the letter they read, who invited them."""

    origin: str = ""
    issue_slug: str = ""
    invitation_id: int | None = None


NO_TRAIL: Final = Trail()


@dataclass(frozen=True)
class JoinForm:
    """What was typed and already checked; `evidence.form` names the form, `source` where the visitor came from."""

    address: Address
    evidence: Evidence
    topic_slugs: frozenset[str] = frozenset()
    guide_slug: str | None = None
    first_name: str = ""
    last_name: str = ""
    function: Function | None = None
    source: str = ""
    trail: Trail = NO_TRAIL


def ask_to_join(session: Session, now: datetime, desk: Desk, form: JoinForm) -> None:
    """Keep the request with its evidence and queue what belongs to it.

    Tells nothing about the address (A3). Raises NotFound for a guide that does not exist.
    """
    if form.guide_slug:
        get_newest_file(session, form.guide_slug)
    digest = address_hash(form.address.canonical, desk.address_key)
    if SuppressionReason.ERASED in reasons_in_force(session, digest):
        return
    subscriber = ensure_subscriber(
        session,
        now,
        form.address,
        desk.address_key,
        first_name=form.first_name,
        last_name=form.last_name,
        function=form.function,
        source=form.source or form.evidence.form,
    )
    topics = tuple(topic for topic in list_topics(session) if topic.slug in form.topic_slugs)
    request = _keep_request(session, now, desk, form, subscriber, topics)
    _keep_evidence(session, now, form, subscriber, topics)
    verified = subscriber.state is SubscriberState.VERIFIED
    if form.guide_slug:
        _ask_for_guide(session, now, desk, form, subscriber, verified=verified)
    if _needs_confirming(session, subscriber, topics, form, verified=verified) and _may_mail(
        session, now, request, form.address
    ):
        request.mailed_at = now
        queue_confirmation(session, now, desk, request, topics)


def _keep_request(
    session: Session,
    now: datetime,
    desk: Desk,
    form: JoinForm,
    subscriber: Subscriber,
    topics: tuple[Topic, ...],
) -> JoinRequest:
    mailbox = hmac.new(desk.address_key, abuse_key(form.address).encode(), "sha256").hexdigest()
    request = JoinRequest(
        subscriber_id=subscriber.id,
        topic_ids=[topic.id for topic in topics],
        guide_slug=form.guide_slug,
        form=form.evidence.form[:80],
        source=form.source[:200],
        origin=form.trail.origin[:120],
        issue_slug=form.trail.issue_slug[:120],
        invitation_id=form.trail.invitation_id,
        ip=form.evidence.ip[:45],
        mailbox_hash=mailbox,
        requested_at=now,
        expires_at=now + desk.confirm_within,
    )
    session.add(request)
    session.flush()
    return request


def _keep_evidence(
    session: Session, now: datetime, form: JoinForm, subscriber: Subscriber, topics: tuple[Topic, ...]
) -> None:
    seen = form.evidence
    for topic in topics:
        shown = Evidence(seen.form, topic_wording(topic), seen.ip, seen.user_agent)
        record_consent(session, now, subscriber.id, ConsentAction.REQUESTED, shown, topic_id=topic.id)
    if form.guide_slug:
        title = get_newest_file(session, form.guide_slug).title
        shown = Evidence(seen.form, guide_wording(title), seen.ip, seen.user_agent)
        record_consent(
            session,
            now,
            subscriber.id,
            ConsentAction.GUIDE_REQUESTED,
            shown,
            detail={"guide": form.guide_slug},
        )


def _ask_for_guide(
    session: Session, now: datetime, desk: Desk, form: JoinForm, subscriber: Subscriber, *, verified: bool
) -> None:
    """A proved address gets the guide at once, at most one mail a day."""
    assert form.guide_slug is not None
    visit = Visit(form.evidence.ip, form.evidence.user_agent, form.source)
    grant = request_guide(session, now, subscriber.id, form.guide_slug, source=form.source, visit=visit)
    if verified and grant.revoked_at is None:
        grant_access(session, now, grant, visit=visit)
        subscribed = SubscriptionState.ON in subscriptions_of(session, subscriber.id).values()
        occasion = f"guide:{grant.id}:{now.date()}"
        queue_guide(session, now, desk, grant, subscribed=subscribed, occasion=occasion)


def _needs_confirming(
    session: Session, subscriber: Subscriber, topics: tuple[Topic, ...], form: JoinForm, *, verified: bool
) -> bool:
    """Not for a verified reader who only asked for the guide, nor beside it for topics that are already on."""
    if not verified or not form.guide_slug:
        return True
    states = subscriptions_of(session, subscriber.id)
    return any(states.get(topic.id) is not SubscriptionState.ON for topic in topics)


def _may_mail(session: Session, now: datetime, request: JoinRequest, address: Address) -> bool:
    """One confirmation a day for a mailbox, its plus variants counted together.

    Dots are counted together as well, but where they may tell two mailboxes apart a few spellings are let through:
    somebody who forgot the dot and types the address again must get their mail.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two forms at once for one mailbox take their turns; SQLite has one writer anyway.
        session.execute(select(func.pg_advisory_xact_lock(int(request.mailbox_hash[:15], 16))))
    recent = (
        select(Subscriber.address)
        .join(JoinRequest, JoinRequest.subscriber_id == Subscriber.id)
        .where(
            JoinRequest.mailbox_hash == request.mailbox_hash,
            JoinRequest.mailed_at > now - ONE_CONFIRMATION_EACH,
        )
    )
    mailed = {untagged(parse_address(each)) for each in session.scalars(recent)}
    if untagged(address) in mailed:
        return False
    return len(mailed) < (1 if ignores_dots(address) else SPELLINGS)
