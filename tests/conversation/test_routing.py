"""What comes back by mail does what it may do, and nothing more."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.models import (
    InboundKind,
    InboundMail,
    InboundState,
    Lane,
    Message,
    Thread,
    ThreadState,
)
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.models import Bounce, BounceClass
from app.delivery.verp import ReplyLane, bounce_address, leave_address, reply_address
from app.foundation.tokens import Signer
from app.subscribers.models import Subscription, SubscriptionState, Suppression, SuppressionReason
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver, dsn, topic

DOMAIN = "letters.example.com"
ALICE = "alice@example.org"
BOB = "bob@example.org"


def take_in(
    runtime: Runtime, session: Session, now: datetime, raw: bytes, recipient: str
) -> InboundKind | None:
    key = keep_raw(runtime.storage, raw)
    received = register_raw(session, now, Envelope("lmtp", "", recipient), raw=raw, storage_key=key)
    return process_inbound(session, now, received.inbound_id, storage=runtime.storage, signer=runtime.signer)


def suppressions(session: Session) -> list[Suppression]:
    return list(session.scalars(select(Suppression)))


def topics_on(session: Session, subscriber_id: int) -> set[int]:
    return set(
        session.scalars(
            select(Subscription.topic_id).where(
                Subscription.subscriber_id == subscriber_id, Subscription.state == SubscriptionState.ON
            )
        )
    )


def test_a_hard_bounce_to_the_signed_address_suppresses_the_reader(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    kind = take_in(runtime, session, now, dsn(ALICE), bounce_address(runtime.signer, DOMAIN, delivery.id))
    assert kind is InboundKind.BOUNCE
    [suppression] = suppressions(session)
    assert suppression.reason is SuppressionReason.HARD_BOUNCE
    assert "no such user here" in suppression.evidence
    bounce = session.scalars(select(Bounce)).one()
    assert (bounce.bounce_class, bounce.status, bounce.reason) == (BounceClass.HARD, "5.1.1", "user unknown")
    assert runtime.storage.exists(bounce.raw_key)


def test_the_same_bounce_ten_times_is_one(runtime: Runtime, session: Session, now: datetime) -> None:
    delivery = deliver(session, now, ALICE)
    address = bounce_address(runtime.signer, DOMAIN, delivery.id)
    for _ in range(10):
        take_in(runtime, session, now, dsn(ALICE), address)
    assert session.scalar(select(func.count()).select_from(InboundMail)) == 1
    assert session.scalar(select(func.count()).select_from(Bounce)) == 1


@pytest.mark.parametrize("recipient", ["bounce@letters.example.com", "mark@letters.example.com", "forged"])
def test_a_bounce_from_a_stranger_suppresses_nobody(
    runtime: Runtime, session: Session, now: datetime, recipient: str
) -> None:
    delivery = deliver(session, now, ALICE)
    if recipient == "forged":
        recipient = bounce_address(Signer(b"a stranger's key"), DOMAIN, delivery.id)
    assert take_in(runtime, session, now, dsn(ALICE), recipient) is InboundKind.BOUNCE
    assert suppressions(session) == []
    assert session.scalar(select(func.count()).select_from(Bounce)) == 0


def test_a_reply_token_does_not_open_the_bounce_door(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    address = reply_address(runtime.signer, DOMAIN, delivery.id)
    take_in(runtime, session, now, dsn(ALICE), address)
    take_in(runtime, session, now, dsn(ALICE, words="again"), address.replace("reply+", "bounce+"))
    assert suppressions(session) == []


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_news_of_a_delay_or_a_success_is_no_bounce(
    runtime: Runtime, session: Session, now: datetime, action: str
) -> None:
    delivery = deliver(session, now, ALICE)
    raw = dsn(ALICE, action=action, status="4.4.1" if action == "delayed" else "2.0.0")
    take_in(runtime, session, now, raw, bounce_address(runtime.signer, DOMAIN, delivery.id))
    assert session.scalar(select(func.count()).select_from(Bounce)) == 0
    assert suppressions(session) == []


def test_an_answer_becomes_a_thread_with_the_readers_own_words(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    raw = answer("Our waiting room has a clock that runs backwards.")
    kind = take_in(runtime, session, now, raw, reply_address(runtime.signer, DOMAIN, delivery.id))
    assert kind is InboundKind.REPLY
    thread = session.scalars(select(Thread)).one()
    assert (thread.subscriber_id, thread.edition_id) == (delivery.recipient_id, delivery.edition_id)
    assert (thread.subject, thread.state) == ("Re: Start", ThreadState.WAITING)
    message = session.scalars(select(Message)).one()
    assert message.text == "Our waiting room has a clock that runs backwards."
    assert message.sender == ALICE


@pytest.mark.parametrize("chosen", ReplyLane)
def test_the_link_a_reader_took_settles_the_lane_whatever_the_words_say(
    runtime: Runtime, session: Session, now: datetime, chosen: ReplyLane
) -> None:
    delivery = deliver(session, now, ALICE)
    raw = answer("How do I get the sales team to answer the phone?")
    take_in(runtime, session, now, raw, reply_address(runtime.signer, DOMAIN, delivery.id, chosen))
    thread = session.scalars(select(Thread)).one()
    assert (thread.subscriber_id, thread.lane) == (delivery.recipient_id, Lane[chosen.name])


def test_a_second_answer_by_another_link_moves_the_thread_to_that_lane(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    again = answer("And now I cannot go on.").replace(b"<answer-1@", b"<answer-2@")
    take_in(
        runtime,
        session,
        now,
        answer("Hi"),
        reply_address(runtime.signer, DOMAIN, delivery.id, ReplyLane.HELLO),
    )
    take_in(runtime, session, now, again, reply_address(runtime.signer, DOMAIN, delivery.id, ReplyLane.STUCK))
    assert session.scalars(select(Thread)).one().lane is Lane.STUCK


def test_the_token_says_who_answers_and_never_the_from_header(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    alices = deliver(session, now, ALICE)
    deliver(session, now, BOB)
    raw = answer("I am Bob, believe me.", sender="Bob <bob@example.org>")
    take_in(runtime, session, now, raw, reply_address(runtime.signer, DOMAIN, alices.id))
    assert session.scalars(select(Thread)).one().subscriber_id == alices.recipient_id


def test_the_same_answer_by_two_ways_is_filed_once(runtime: Runtime, session: Session, now: datetime) -> None:
    delivery = deliver(session, now, ALICE)
    address = reply_address(runtime.signer, DOMAIN, delivery.id)
    take_in(runtime, session, now, answer("Hello"), address)
    take_in(runtime, session, now, b"X-Way: imap\r\n" + answer("Hello"), address)
    assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_mail_to_the_leave_address_leaves_that_topic_only(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    letter, links = topic(session, "letter").id, topic(session, "links").id
    raw = b"From: Alice <alice@example.org>\r\nSubject: unsubscribe\r\n\r\n"
    address = leave_address(runtime.signer, DOMAIN, delivery.recipient_id, letter, delivery.id)
    assert take_in(runtime, session, now, raw, address) is InboundKind.UNSUBSCRIBE
    assert topics_on(session, delivery.recipient_id) == {links}
    assert suppressions(session) == []


def test_a_bare_unsubscribe_as_an_answer_leaves_everything(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    address = reply_address(runtime.signer, DOMAIN, delivery.id)
    assert take_in(runtime, session, now, answer("Unsubscribe!"), address) is InboundKind.UNSUBSCRIBE
    assert topics_on(session, delivery.recipient_id) == set()
    assert session.scalar(select(func.count()).select_from(Thread)) == 0


def test_a_holiday_notice_starts_no_conversation(runtime: Runtime, session: Session, now: datetime) -> None:
    delivery = deliver(session, now, ALICE)
    raw = b"Auto-Submitted: auto-replied\r\n" + answer("I am at the seaside.", subject="Away")
    kind = take_in(runtime, session, now, raw, reply_address(runtime.signer, DOMAIN, delivery.id))
    assert kind is InboundKind.AUTO_REPLY
    assert session.scalar(select(func.count()).select_from(Thread)) == 0


def test_a_mail_is_worked_on_once(runtime: Runtime, session: Session, now: datetime) -> None:
    delivery = deliver(session, now, ALICE)
    raw = answer("Hello")
    take_in(runtime, session, now, raw, reply_address(runtime.signer, DOMAIN, delivery.id))
    inbound = session.scalars(select(InboundMail)).one()
    assert inbound.state is InboundState.DONE
    again = process_inbound(session, now, inbound.id, storage=runtime.storage, signer=runtime.signer)
    assert again is None


def test_without_an_envelope_the_header_says_where_a_mail_went(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    address = bounce_address(runtime.signer, DOMAIN, delivery.id)
    raw = f"Delivered-To: {address}\r\n".encode() + dsn(ALICE)
    take_in(runtime, session, now, raw, "")
    assert len(suppressions(session)) == 1
