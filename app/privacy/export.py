"""All that is held about one person, as they may ask for it (GDPR, articles 15 and 20): plain values for a JSON file.

Left out is what opens a door (tokens and signed addresses), and others: how many came by an invitation, never who.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.models import Bounce, Correspondent, Delivery, Edition, RecipientKind
from app.delivery.queries import Event, history
from app.foundation.tokens import Signer
from app.guides.models import FollowUpMail, FollowUpSkip, Grant, GrantEvent
from app.issues.models import Issue
from app.privacy.export_conversations import export_inbox
from app.privacy.facts import facts, facts_of_all, plain
from app.privacy.holdings import Holdings, holdings_of
from app.signup.inviting import count_credits_of
from app.signup.models import Invitation, InvitationCredit, JoinRequest
from app.subscribers.models import ConsentRecord, Subscriber, Subscription, Suppression, Topic
from app.tracking.models import Click, Link, Open


def export_person(
    session: Session, now: datetime, person: Subscriber | Correspondent, signer: Signer
) -> dict[str, Any]:
    """A reader, or somebody who only wrote to us; for both the same parts, empty where there is nothing."""
    held = holdings_of(session, signer, person)
    suppressions = (
        select(Suppression).where(Suppression.address_hash == held.address_hash).order_by(Suppression.id)
    )
    return {
        "exported_at": plain(now),
        "person": _person(person),
        "addresses": list(held.known_as),
        **_reading(session, held.subscriber_id),
        "must_not_be_mailed": facts_of_all(
            session.scalars(suppressions), "reason at evidence released_at release_reason"
        ),
        "guides": _guides(session, held.subscriber_id),
        "invitations": _invitations(session, held.subscriber_id),
        **_mail(session, held),
        **export_inbox(session, held),
    }


def _person(person: Subscriber | Correspondent) -> dict[str, Any]:
    if isinstance(person, Correspondent):
        return {"kind": "correspondent", **facts(person, "address name created_at")}
    known = facts(person, "address first_name last_name function state source created_at verified_at")
    return {"kind": "reader", "number": person.id, **known}


def _reading(session: Session, subscriber_id: int) -> dict[str, Any]:
    """What they read, what they agreed to, and every form they filled in."""
    topics = dict(session.execute(select(Topic.id, Topic.slug)).all())
    standing = select(Subscription).where(Subscription.subscriber_id == subscriber_id)
    agreed = select(ConsentRecord).where(ConsentRecord.subscriber_id == subscriber_id)
    asked = select(JoinRequest).where(JoinRequest.subscriber_id == subscriber_id)
    return {
        "topics": [
            {"topic": topics.get(row.topic_id), **facts(row, "state changed_at")}
            for row in session.scalars(standing.order_by(Subscription.topic_id))
        ],
        "consent": [
            {
                **facts(row, "at action form wording ip user_agent detail"),
                "topic": topics.get(row.topic_id or 0),
            }
            for row in session.scalars(agreed.order_by(ConsentRecord.id))
        ],
        "requests": [
            {
                **facts(
                    row,
                    "requested_at guide_slug form source origin issue_slug ip mailed_at expires_at confirmed_at",
                ),
                "topics": [topics[each] for each in row.topic_ids if each in topics],
                "invited": row.invitation_id is not None,
            }
            for row in session.scalars(asked.order_by(JoinRequest.id))
        ],
    }


def _guides(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    grants = session.scalars(select(Grant).where(Grant.subscriber_id == subscriber_id).order_by(Grant.id))
    return [
        {
            **facts(
                grant,
                "slug state source requested_at confirmed_at granted_at downloaded_at revoked_at "
                "followups_stopped_at followups_stopped_why",
            ),
            "events": facts_of_all(
                session.scalars(
                    select(GrantEvent).where(GrantEvent.grant_id == grant.id).order_by(GrantEvent.id)
                ),
                "kind at source ip user_agent detail",
            ),
            "followups": facts_of_all(
                session.scalars(
                    select(FollowUpMail)
                    .where(FollowUpMail.grant_id == grant.id)
                    .order_by(FollowUpMail.queued_at)
                ),
                "name queued_at",
            ),
            "followups_skipped": facts_of_all(
                session.scalars(select(FollowUpSkip).where(FollowUpSkip.grant_id == grant.id)),
                "name skipped_at",
            ),
        }
        for grant in grants
    ]


def _invitations(session: Session, subscriber_id: int) -> dict[str, Any]:
    """The links they made to pass letters on, how many came by each, and when they came by one themselves."""
    made = session.execute(
        select(Invitation, Issue.slug)
        .outerjoin(Issue, Issue.id == Invitation.issue_id)
        .where(Invitation.inviter_id == subscriber_id)
        .order_by(Invitation.id)
    )
    brought = count_credits_of(session, subscriber_id)
    came = select(InvitationCredit.credited_at).where(InvitationCredit.subscriber_id == subscriber_id)
    return {
        "made": [
            {**facts(each, "code first_name made_at"), "letter": slug, "brought": brought.get(each.id, 0)}
            for each, slug in made
        ],
        "came_by_one_at": plain(session.scalar(came)),
    }


def _mail(session: Session, held: Holdings) -> dict[str, Any]:
    """Every mail to them with what became of it, what they followed in it, and what came back."""
    sent = list(history(session, RecipientKind.SUBSCRIBER, held.subscriber_id)) if held.subscriber_id else []
    for each in held.correspondents:
        sent += history(session, RecipientKind.CORRESPONDENT, each)
    back = (
        select(Bounce)
        .where((Bounce.address_hash == held.address_hash) | Bounce.delivery_id.in_(held.deliveries))
        .order_by(Bounce.id)
    )
    return {
        "mail_sent": [_sent(session, event) for event in sorted(sent, key=lambda event: event.delivery_id)],
        "mail_returned": facts_of_all(session.scalars(back), "at source bounce_class reason status evidence"),
    }


def _sent(session: Session, event: Event) -> dict[str, Any]:
    delivery = session.get_one(Delivery, event.delivery_id)
    edition = session.get_one(Edition, event.edition_id)
    clicks = session.execute(
        select(Click, Link.url)
        .outerjoin(Link, (Link.edition_id == event.edition_id) & (Link.number == Click.number))
        .where(Click.delivery_id == event.delivery_id)
        .order_by(Click.id)
    )
    opens = select(Open).where(Open.delivery_id == event.delivery_id).order_by(Open.id)
    own = {name: value for name, value in (delivery.slots or {}).items() if not name.endswith("_token")}
    return {
        **facts(event, "subject state occasion queued_at"),
        "kind": plain(edition.edition_class),
        "not_sent_because": plain(delivery.exclusion),
        "filled_in": own,
        "attempts": facts_of_all(event.attempts, "number state at code enhanced reply"),
        "clicks": [{"url": url, **facts(click, "at method ip user_agent")} for click, url in clicks],
        "opens": facts_of_all(session.scalars(opens), "at ip user_agent"),
    }
