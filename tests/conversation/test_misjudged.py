"""What was put aside as a machine's and was a person's comes into the inbox as if it had been known at once."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.misjudged import list_aside, take_as_person
from app.conversation.models import InboundKind, InboundMail, Lane, Message, Proof, Thread, ThreadState
from app.delivery.models import Correspondent, Delivery, RecipientKind
from app.delivery.verp import bounce_address, reply_address
from app.foundation.errors import Gone, NotFound
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver
from tests.conversation.post import DOMAIN, mail_from, take_in

ALICE = "alice@example.org"
AUTO = b"Auto-Submitted: auto-replied\r\n"


def aside(runtime: Runtime, session: Session, now: datetime, raw: bytes, recipient: str) -> InboundMail:
    assert take_in(runtime, session, now, AUTO + raw, recipient) is InboundKind.AUTO_REPLY
    return session.scalars(select(InboundMail).order_by(InboundMail.id.desc()).limit(1)).one()


def taken(runtime: Runtime, session: Session, now: datetime, mail: InboundMail) -> Message:
    message = take_as_person(session, now, mail.id, storage=runtime.storage, signer=runtime.signer)
    assert message is not None
    return message


def test_it_becomes_a_conversation_under_the_letter_it_answers(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    letter = deliver(session, now, ALICE)
    address = reply_address(runtime.signer, DOMAIN, letter.id)
    mail = aside(runtime, session, now, answer("The link does not work, can you help me?"), address)
    message = taken(runtime, session, now, mail)
    thread = session.get_one(Thread, message.thread_id)
    assert (thread.subscriber_id, thread.edition_id) == (letter.recipient_id, letter.edition_id)
    assert (thread.state, thread.unread, thread.lane) == (ThreadState.WAITING, True, Lane.STUCK)
    assert (message.proof, mail.kind) == (Proof.TOKEN, InboundKind.REPLY)
    assert list_aside(session, runtime.storage).total == 0


def test_it_is_moved_once_and_nobody_is_mailed_for_it(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    letter = deliver(session, now, ALICE)
    mail = aside(
        runtime, session, now, answer("It worked."), reply_address(runtime.signer, DOMAIN, letter.id)
    )
    taken(runtime, session, now, mail)
    with pytest.raises(NotFound):
        taken(runtime, session, now, mail)
    assert len(session.scalars(select(Message)).all()) == 1
    assert len(session.scalars(select(Delivery)).all()) == 1


@pytest.mark.parametrize("to_bounces", [True, False])
def test_without_a_signed_address_for_answers_it_proves_nothing(
    runtime: Runtime, session: Session, now: datetime, to_bounces: bool
) -> None:
    letter = deliver(session, now, ALICE)
    address = bounce_address(runtime.signer, DOMAIN, letter.id) if to_bounces else "mark@letters.example.com"
    raw = mail_from("Dan <dan@example.net>", "Hi", "Where do I begin?")
    message = taken(runtime, session, now, aside(runtime, session, now, raw, address))
    thread = session.get_one(Thread, message.thread_id)
    assert (message.proof, thread.subscriber_id) == (Proof.SENDER, None)
    assert session.get_one(Correspondent, thread.correspondent_id).address == "dan@example.net"


def test_only_what_was_put_aside_can_be_taken_out(runtime: Runtime, session: Session, now: datetime) -> None:
    letter = deliver(session, now, ALICE)
    take_in(runtime, session, now, answer("Unsubscribe!"), reply_address(runtime.signer, DOMAIN, letter.id))
    mail = session.scalars(select(InboundMail)).one()
    with pytest.raises(NotFound):
        taken(runtime, session, now, mail)
    assert letter.recipient_kind is RecipientKind.SUBSCRIBER


def test_a_mail_whose_bytes_are_gone_is_listed_and_says_so(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    letter = deliver(session, now, ALICE)
    mail = aside(runtime, session, now, answer("Away"), reply_address(runtime.signer, DOMAIN, letter.id))
    assert list_aside(session, runtime.storage).items[0].words == "Away"
    runtime.storage.delete(mail.storage_key)
    assert list_aside(session, runtime.storage).items[0].words == ""
    with pytest.raises(Gone):
        taken(runtime, session, now, mail)
    assert mail.kind is InboundKind.AUTO_REPLY
