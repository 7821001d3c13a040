"""A letter that went out, and the mails that come back about it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.models import Delivery, Edition, EditionClass, EditionState, RecipientKind
from app.foundation.addresses import address_hash
from app.subscribers.models import (
    Subscriber,
    SubscriberState,
    Subscription,
    SubscriptionState,
    Topic,
    TopicKind,
)

KEY = b"hash key for tests"


def topic(session: Session, slug: str = "letter") -> Topic:
    found = session.scalars(select(Topic).where(Topic.slug == slug)).one_or_none()
    if found is None:
        kind = TopicKind.LINKS if slug == "links" else TopicKind.LETTER
        found = Topic(slug=slug, kind=kind, name=slug.title())
        session.add(found)
        session.flush()
    return found


def subscriber(session: Session, now: datetime, address: str) -> Subscriber:
    found = session.scalars(select(Subscriber).where(Subscriber.canonical == address)).one_or_none()
    if found is None:
        found = Subscriber(
            address=address,
            canonical=address,
            address_hash=address_hash(address, KEY),
            domain=address.partition("@")[2],
            state=SubscriberState.VERIFIED,
            created_at=now,
            verified_at=now,
        )
        session.add(found)
        session.flush()
        for slug in ("letter", "links"):
            session.add(
                Subscription(
                    subscriber_id=found.id,
                    topic_id=topic(session, slug).id,
                    state=SubscriptionState.ON,
                    changed_at=now,
                )
            )
    return found


def deliver(session: Session, now: datetime, address: str, *, key: str = "issue:1") -> Delivery:
    """One letter to one reader, as the ledger has it once it is open."""
    reader = subscriber(session, now, address)
    edition = session.scalars(select(Edition).where(Edition.key == key)).one_or_none()
    if edition is None:
        edition = Edition(
            key=key,
            edition_class=EditionClass.BULK,
            topic_id=topic(session).id,
            subject="Start with the waiting room",
            sender="Mark <mark@letters.example.com>",
            frozen=b"",
            state=EditionState.SENDING,
            created_at=now,
        )
        session.add(edition)
        session.flush()
    delivery = Delivery(
        edition_id=edition.id, recipient_kind=RecipientKind.SUBSCRIBER, recipient_id=reader.id
    )
    session.add(delivery)
    session.flush()
    return delivery


def dsn(
    recipient: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 no such user here",
    more: str = "",
) -> bytes:
    """A delivery status notification as RFC 3464 draws it."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: somebody@letters.example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="line"

--line
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--line
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Tue, 24 Nov 2026 08:15:03 -0500

Original-Recipient: rfc822;{recipient}
Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}
{more}
--line
Content-Type: text/rfc822-headers

From: Mark <mark@letters.example.com>
Subject: Start with the waiting room

--line--
""".replace("\n", "\r\n").encode()


def answer(text: str, *, sender: str = "Alice <alice@example.org>", subject: str = "Re: Start") -> bytes:
    """What a reader's mail program sends when they answer."""
    return f"""\
From: {sender}
To: Mark <reply@letters.example.com>
Subject: {subject}
Message-ID: <answer-1@example.org>
In-Reply-To: <issue-1@letters.example.com>
Content-Type: text/plain; charset=utf-8

{text}

On Tue, Nov 24, 2026 at 8:15 AM Mark <mark@letters.example.com> wrote:
> Start with the waiting room.
> Nobody waits there for pleasure.
""".replace("\n", "\r\n").encode()
