"""A letter to sixty readers, and everything that mail servers, robots and people send back about it.

Told in any order, and told twice, every reader ends in the same state.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.models import InboundMail, InboundState, Message
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.models import Bounce, Delivery
from app.delivery.verp import bounce_address, leave_address, reply_address
from app.foundation.tokens import Signer
from app.subscribers.models import Subscription, SubscriptionState, Suppression
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver, dsn, topic
from tests.conversation.test_complaints import report

DOMAIN = "mail.example.com"


@dataclass(frozen=True)
class Reader:
    """One reader, what comes back about them, and how they must end."""

    story: str
    write: Callable[[str], bytes]
    door: str
    ends: tuple[str, bool, int]
    """Suppressed for what (or nothing), still subscribed to the letter, number of messages in a thread."""


def failed(status: str, words: str) -> Callable[[str], bytes]:
    return lambda address: dsn(address, status=status, words=words)


def in_words(body: str) -> Callable[[str], bytes]:
    def write(address: str) -> bytes:
        return (
            "From: MAILER-DAEMON@mx.example.net\r\nSubject: failure notice\r\n\r\n"
            + body.format(address=address).replace("\n", "\r\n")
        ).encode()

    return write


def person(text: str, header: str = "") -> Callable[[str], bytes]:
    return lambda address: (
        header.encode()
        + answer(text, sender=address).replace(b"answer-1", address.replace("@", ".").encode())
    )


NOTHING = ("", True, 0)
GONE = ("hard_bounce", True, 0)
QMAIL = (
    "Hi. This is the qmail-send program.\nI'm afraid I wasn't able to deliver your message.\n\n<{address}>:\n"
)

STORIES = [
    Reader("no such user", failed("5.1.1", "550 5.1.1 no such user"), "bounce", GONE),
    Reader("no such domain", failed("5.1.2", "550 5.1.2 host not found"), "bounce", GONE),
    Reader("account closed", failed("5.2.1", "550 5.2.1 account disabled"), "bounce", GONE),
    Reader("qmail, no such user", in_words(QMAIL + "550 unknown user (#5.1.1)\n"), "bounce", GONE),
    Reader("mailbox full", failed("5.2.2", "552 5.2.2 mailbox full"), "bounce", NOTHING),
    Reader("qmail, mailbox full", in_words(QMAIL + "user is over quota\n"), "bounce", NOTHING),
    Reader("greylisted too long", failed("4.7.1", "451 4.7.1 try again later"), "bounce", NOTHING),
    Reader("taken for spam", failed("5.7.1", "554 5.7.1 blocked by spamhaus"), "bounce", NOTHING),
    Reader("against policy", failed("5.7.26", "550 5.7.26 dmarc policy"), "bounce", NOTHING),
    Reader("too large", failed("5.3.4", "552 5.3.4 message too large"), "bounce", NOTHING),
    Reader("delayed", lambda to: dsn(to, action="delayed", status="4.4.1"), "bounce", NOTHING),
    Reader("delivered after all", lambda to: dsn(to, action="delivered", status="2.0.0"), "bounce", NOTHING),
    Reader("complains", lambda _to: report("abuse"), "bounce", ("complaint", True, 0)),
    Reader("not spam after all", lambda _to: report("not-spam"), "bounce", NOTHING),
    Reader("on holiday", person("I am away.", "Auto-Submitted: auto-replied\r\n"), "reply", NOTHING),
    Reader(
        "leaves by mailto",
        lambda _to: b"From: x@example.org\r\nSubject: unsubscribe\r\n\r\n",
        "leave",
        ("", False, 0),
    ),
    Reader("answers unsubscribe", person("Please unsubscribe me, thanks."), "reply", ("", False, 0)),
    Reader("writes back", person("We tried it on Monday and it worked."), "reply", ("", True, 1)),
    Reader("forged by a stranger", failed("5.1.1", "550 5.1.1 no such user"), "forged", NOTHING),
    Reader("says nothing", lambda _to: b"", "none", NOTHING),
]


def door(reader: Reader, signer: Signer, delivery: Delivery, topic_id: int) -> str:
    if reader.door == "reply":
        return reply_address(signer, DOMAIN, delivery.id)
    if reader.door == "leave":
        return leave_address(signer, DOMAIN, delivery.recipient_id, topic_id, delivery.id)
    key = signer if reader.door == "bounce" else Signer(b"a stranger's key")
    return bounce_address(key, DOMAIN, delivery.id)


@pytest.mark.parametrize("shuffle", [1, 2, 3])
def test_everybody_ends_in_the_right_state_in_whatever_order_it_is_told(
    runtime: Runtime, session: Session, now: datetime, shuffle: int
) -> None:
    letter = topic(session).id
    readers, mails = [], []
    for number in range(3 * len(STORIES)):
        story = STORIES[number % len(STORIES)]
        address = f"reader{number}@example.org"
        delivery = deliver(session, now, address)
        readers.append((story, delivery))
        if story.door != "none":
            raw = f"X-Number: {number}\r\n".encode() + story.write(address)
            mails.append((door(story, runtime.signer, delivery, letter), raw))
    told = mails * 2
    random.Random(shuffle).shuffle(told)
    for recipient, raw in told:
        key = keep_raw(runtime.storage, raw)
        received = register_raw(session, now, Envelope("lmtp", "", recipient), raw=raw, storage_key=key)
        process_inbound(session, now, received.inbound_id, storage=runtime.storage, signer=runtime.signer)
    session.flush()
    wrong = {
        f"{story.story} ({delivery.id})": ended
        for story, delivery in readers
        if (ended := end_of(session, delivery, letter)) != story.ends
    }
    assert wrong == {}
    assert session.scalar(select(func.count(InboundMail.id))) == len(mails)
    assert set(session.scalars(select(InboundMail.state))) == {InboundState.DONE}


def end_of(session: Session, delivery: Delivery, topic_id: int) -> tuple[str, bool, int]:
    """Why the reader is suppressed, whether they still read the letter, and how many messages they wrote."""
    reasons = session.scalars(
        select(Suppression.reason)
        .join(Bounce, Bounce.address_hash == Suppression.address_hash)
        .where(Bounce.delivery_id == delivery.id)
        .distinct()
    ).all()
    state = session.scalar(
        select(Subscription.state).where(
            Subscription.subscriber_id == delivery.recipient_id, Subscription.topic_id == topic_id
        )
    )
    written = session.scalar(select(func.count(Message.id)).where(Message.delivery_id == delivery.id)) or 0
    return " ".join(sorted(reason.value for reason in reasons)), state is SubscriptionState.ON, written
