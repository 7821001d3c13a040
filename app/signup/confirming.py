"""The link in the confirmation mail: reading it changes nothing, a person's POST confirms, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Gone, NotFound
from app.foundation.tokens import Purpose, Signer
from app.guides.access import Visit, grant_access
from app.guides.models import Grant, GrantState, GuideFile
from app.guides.queries import find_grant, newest_file
from app.signup.desk import Desk
from app.signup.inviting import credit_invitation
from app.signup.mails import queue_guide, queue_welcome
from app.signup.models import JoinRequest
from app.signup.wording import guide_wording, topic_wording
from app.subscribers.consent import Evidence, record_consent, turn_on, verify_subscriber
from app.subscribers.models import ConsentAction, Subscriber, Topic
from app.subscribers.queries import list_topics


@dataclass(frozen=True)
class Confirmation:
    """What a confirm link stands for; `done` once somebody has confirmed it."""

    request: JoinRequest
    subscriber: Subscriber
    topics: tuple[Topic, ...]
    guide: GuideFile | None
    done: bool
    grant: Grant | None = None


def read_confirmation(session: Session, now: datetime, signer: Signer, token: str) -> Confirmation:
    """What this link stands for; changes nothing.

    Raises NotFound for a token that is not ours or whose reader was erased, Gone when nobody confirmed in time.
    """
    (request_id,) = signer.read(Purpose.CONFIRM, token, 1)
    request = session.get(JoinRequest, request_id)
    subscriber = session.get(Subscriber, request.subscriber_id) if request else None
    if request is None or subscriber is None:
        raise NotFound("This link is not one of ours, or it was cut short.")
    if request.confirmed_at is None and now >= request.expires_at:
        raise Gone("This link has run out, because nobody used it in time.", hint="Ask again below.")
    topics = tuple(topic for topic in list_topics(session) if topic.id in request.topic_ids)
    guide = newest_file(session, request.guide_slug) if request.guide_slug else None
    grant = find_grant(session, subscriber.id, request.guide_slug) if request.guide_slug else None
    return Confirmation(request, subscriber, topics, guide, request.confirmed_at is not None, grant)


def confirm(session: Session, now: datetime, desk: Desk, token: str, evidence: Evidence) -> Confirmation:
    """A person said yes: the address is proved, the topics are on, the guide is granted, the mail is queued.

    The second time changes nothing, even when the reader has left in between (A10).
    Raises as `read_confirmation`.
    """
    found = read_confirmation(session, now, desk.signer, token)
    if not _claim(session, now, found.request):
        return found
    request, subscriber = found.request, found.subscriber
    credit_invitation(session, now, request, subscriber)
    verify_subscriber(subscriber, now)
    switched = turn_on(session, now, subscriber.id, [topic.id for topic in found.topics])
    for topic in found.topics:
        shown = Evidence(evidence.form, topic_wording(topic), evidence.ip, evidence.user_agent)
        record_consent(
            session,
            now,
            subscriber.id,
            ConsentAction.CONFIRMED,
            shown,
            topic_id=topic.id,
            detail=_about(request),
        )
    if not found.topics:
        words = guide_wording(found.guide.title) if found.guide else ""
        shown = Evidence(evidence.form, words, evidence.ip, evidence.user_agent)
        record_consent(session, now, subscriber.id, ConsentAction.CONFIRMED, shown, detail=_about(request))
    visit = Visit(evidence.ip, evidence.user_agent, request.source)
    grants = _grant_guides(session, now, desk, subscriber, visit, subscribed=bool(found.topics))
    if switched and not grants:
        queue_welcome(session, now, desk, request, found.topics)
    session.flush()
    own = next((grant for grant in grants if grant.slug == request.guide_slug), found.grant)
    return Confirmation(request, subscriber, found.topics, found.guide, done=True, grant=own)


def _about(request: JoinRequest) -> dict[str, object]:
    return {"join_request": request.id, "guide": request.guide_slug}


def _claim(session: Session, now: datetime, request: JoinRequest) -> bool:
    """Two clicks at once: the row count says whose it is."""
    changed = changed_rows(
        session,
        update(JoinRequest)
        .where(JoinRequest.id == request.id, JoinRequest.confirmed_at.is_(None))
        .values(confirmed_at=now)
        .execution_options(synchronize_session=False),
    )
    session.refresh(request)
    return changed == 1


def _grant_guides(
    session: Session, now: datetime, desk: Desk, subscriber: Subscriber, visit: Visit, *, subscribed: bool
) -> list[Grant]:
    """Every guide this address has asked for and not been given, the ones asked for within the one-a-day limit too."""
    waiting = session.scalars(
        select(Grant)
        .where(
            Grant.subscriber_id == subscriber.id,
            Grant.state == GrantState.REQUESTED,
            Grant.revoked_at.is_(None),
        )
        .order_by(Grant.id)
    ).all()
    for grant in waiting:
        grant_access(session, now, grant, visit=visit)
        occasion = f"guide:{grant.id}:{now.date()}"
        queue_guide(session, now, desk, grant, subscribed=subscribed, occasion=occasion)
    return list(waiting)
