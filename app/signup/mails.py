"""The mails of signing up and leaving. Each goes through the ledger as one delivery.

A mail is rendered once for each wording it can have and frozen under a hash of its content, so thousands of
confirmations share one Edition and only the link differs.
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.ledger import queue_delivery
from app.delivery.models import Delivery, Edition, EditionClass, RecipientKind
from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose
from app.guides.access import download_token
from app.guides.models import Grant, GuideFile
from app.guides.queries import get_newest_file
from app.issues.cadence import next_slot
from app.issues.models import IssueKind
from app.issues.words import when_words
from app.publication.settings import get_publication, zone_of
from app.rendering.brand import Brand
from app.rendering.letter import web_line
from app.rendering.mail import render_mail
from app.rendering.slots import RenderedMail
from app.rendering.typeset import typeset
from app.signup.desk import Desk
from app.signup.models import JoinRequest
from app.signup.welcoming import letters_to_begin_with, time_of
from app.signup.wording import in_sentence
from app.subscribers.models import SubscriptionState, Topic, TopicKind
from app.subscribers.queries import list_topics, subscriptions_of


def queue_confirmation(
    session: Session, now: datetime, desk: Desk, request: JoinRequest, topics: Iterable[Topic]
) -> Delivery:
    """The mail that asks whether it was them; its occasion is the request, so it cannot go twice."""
    title = typeset(get_newest_file(session, request.guide_slug).title) if request.guide_slug else ""
    edition = _edition(
        session,
        now,
        desk,
        "confirm",
        topics=tuple(in_sentence(topic.name) for topic in topics),
        guide_title=title,
        expires=_days(desk.confirm_within),
    )
    token = desk.signer.sign(Purpose.CONFIRM, request.id)
    return _queue(session, now, edition, request.subscriber_id, str(request.id), confirm_token=token)


def queue_welcome(
    session: Session, now: datetime, desk: Desk, request: JoinRequest, topics: tuple[Topic, ...]
) -> Delivery:
    """The first mail after confirming."""
    starts = letters_to_begin_with(session)
    edition = _edition(
        session,
        now,
        desk,
        "welcome",
        topic_id=topics[0].id if topics else None,
        topics=tuple(in_sentence(topic.name) for topic in topics),
        next_letter=_next_letter(session, now, topics),
        comes=tuple(topic.name for topic in topics),
        comes_when=tuple(time_of(session, now, topic) or topic.description for topic in topics),
        archive_url=desk.links.issues() if starts else "",
        starts=tuple(typeset(web_line(issue.title)) for issue in starts),
        start_urls=tuple(desk.links.issue(issue.slug) for issue in starts),
    )
    return _queue(session, now, edition, request.subscriber_id, str(request.id))


def queue_guide(
    session: Session, now: datetime, desk: Desk, grant: Grant, *, subscribed: bool, occasion: str
) -> Delivery:
    """The guide's own mail, with a link that is this reader's alone."""
    file = get_newest_file(session, grant.slug)
    edition = _edition(
        session,
        now,
        desk,
        "guide",
        guide_title=typeset(file.title),
        guide_slug=file.slug,
        promise="",
        pages=file.pages,
        expires=_days(desk.rules.link_lifetime),
        subscribed=subscribed,
    )
    token = download_token(desk.signer, grant, now, desk.rules)
    return _queue(session, now, edition, grant.subscriber_id, occasion, download_token=token)


def queue_fresh_link(session: Session, now: datetime, desk: Desk, grant: Grant) -> Delivery:
    """A new link for one that has run out; at most one a day, because the day is the occasion."""
    file = get_newest_file(session, grant.slug)
    edition = _edition(
        session,
        now,
        desk,
        "fresh-link",
        guide_title=typeset(file.title),
        guide_slug=file.slug,
        expires=_days(desk.rules.link_lifetime),
    )
    occasion = f"fresh:{grant.id}:{now.date()}"
    token = download_token(desk.signer, grant, now, desk.rules)
    return _queue(session, now, edition, grant.subscriber_id, occasion, download_token=token)


def queue_new_edition(session: Session, now: datetime, desk: Desk, grant: Grant, file: GuideFile) -> Delivery:
    """The offer of a newer edition; its occasion is the edition, so nobody is offered it twice."""
    edition = _edition(
        session,
        now,
        desk,
        "new-edition",
        guide_title=typeset(file.title),
        guide_slug=file.slug,
        edition=file.edition,
        pages=file.pages,
        expires=_days(desk.rules.link_lifetime),
    )
    token = download_token(desk.signer, grant, now, desk.rules)
    occasion = f"offer:{grant.id}:{file.id}"
    return _queue(session, now, edition, grant.subscriber_id, occasion, download_token=token)


def queue_left(
    session: Session,
    now: datetime,
    desk: Desk,
    subscriber_id: int,
    topic_ids: Collection[int],
    *,
    occasion: str,
) -> Delivery:
    """The one answer to a mail that asked to leave."""
    topics = list_topics(session)
    still_on = subscriptions_of(session, subscriber_id).values()
    edition = _edition(
        session,
        now,
        desk,
        "left",
        topics=tuple(in_sentence(topic.name) for topic in topics if topic.id in topic_ids),
        all=SubscriptionState.ON not in still_on,
    )
    return _queue(session, now, edition, subscriber_id, occasion)


def _edition(
    session: Session,
    now: datetime,
    desk: Desk,
    name: str,
    *,
    topic_id: int | None = None,
    **context: str | int | bool | tuple[str, ...],
) -> Edition:
    publication = get_publication(session)
    rendered = _rendered(
        desk.emails_dir, name, brand_of(publication), desk.links.base_url, tuple(sorted(context.items()))
    )
    sender = sender_of(publication)
    seed = repr((rendered, sender, publication.reply_address, topic_id))
    return freeze_edition(
        session,
        now,
        key=f"{name}:{hashlib.sha256(seed.encode()).hexdigest()[:32]}",
        edition_class=EditionClass.REQUESTED,
        rendered=rendered,
        sender=sender,
        reply_to=publication.reply_address,
        topic_id=topic_id,
    )


@lru_cache(maxsize=256)
def _rendered(
    emails_dir: Path,
    name: str,
    brand: Brand,
    base_url: str,
    context: tuple[tuple[str, str | int | bool | tuple[str, ...]], ...],
) -> RenderedMail:
    values: dict[str, object] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in context
    }
    return render_mail(emails_dir, name, {**values, "brand": brand, "base_url": base_url})


def _queue(
    session: Session, now: datetime, edition: Edition, subscriber_id: int, occasion: str, **slots: str
) -> Delivery:
    return queue_delivery(
        session,
        now,
        edition_id=edition.id,
        recipient_kind=RecipientKind.SUBSCRIBER,
        recipient_id=subscriber_id,
        occasion=occasion,
        slots=dict(slots),
    )


def _next_letter(session: Session, now: datetime, topics: tuple[Topic, ...]) -> str:
    """When the next letter leaves, in words; nothing for somebody who does not read it."""
    if not any(topic.kind is TopicKind.LETTER for topic in topics):
        return ""
    try:
        slot = next_slot(session, now, IssueKind.LETTER)
    except NotFound:
        return ""
    return when_words(slot.at, zone_of(get_publication(session)))


def _days(span: timedelta) -> str:
    return "a day" if span.days == 1 else f"{span.days} days"
