"""Every mail from a person finds its thread, and none is put under a name that nothing proves."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.learning import move_to_lane, read_corrections
from app.conversation.models import (
    Attachment,
    Direction,
    InboundKind,
    Lane,
    LaneBy,
    Message,
    Proof,
    Thread,
    ThreadState,
)
from app.delivery.models import Correspondent, Delivery
from app.delivery.verp import reply_address
from app.foundation.tokens import Signer
from app.privacy.forget import erase_subscriber
from app.publication.settings import seed_publication
from app.subscribers.models import Subscriber
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver
from tests.conversation.post import mail_from, reply_to, take_in

ALICE = "alice@example.org"
REPLIES = "mark@letters.example.com"
SEED = Path(__file__).parents[2] / "publication.toml"


def threads(session: Session) -> list[Thread]:
    return list(session.scalars(select(Thread).order_by(Thread.id)))


def test_an_answer_to_our_answer_goes_on_in_the_same_thread(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    letter = deliver(session, now, ALICE)
    thread = reply_to(runtime, session, now, letter, "It worked.")
    ours = deliver(session, now, ALICE, key="answer:1")
    session.add(
        Message(thread_id=thread.id, direction=Direction.OUT, at=now, delivery_id=ours.id, text="Glad!")
    )
    thread.state, thread.unread = ThreadState.ANSWERED, False
    session.flush()
    again = reply_to(
        runtime, session, now, ours, answer("One more thing.").replace(b"<answer-1@", b"<answer-2@")
    )
    assert again.id == thread.id
    assert (again.state, again.unread) == (ThreadState.WAITING, True)


def test_a_reply_to_a_letter_two_years_old_is_filed_under_that_letter(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    old = deliver(session, now - timedelta(days=730), ALICE)
    thread = reply_to(runtime, session, now, old, "I only read this now. Why did nobody tell me?")
    assert (thread.edition_id, thread.opened_at) == (old.edition_id, now)


def test_a_reply_after_erasure_is_a_new_beginning_that_proves_nothing(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    letter = deliver(session, now, ALICE)
    erase_subscriber(session, now, session.get_one(Subscriber, letter.recipient_id), runtime.signer)
    thread = reply_to(runtime, session, now, letter, "Did I not ask you to forget me?")
    assert thread.subscriber_id is None
    assert session.get_one(Correspondent, thread.correspondent_id).address == ALICE
    assert session.scalars(select(Message)).one().proof is Proof.SENDER


def test_an_answer_to_an_address_of_a_key_that_was_replaced_is_read_and_proves_nothing(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    letter = deliver(session, now, ALICE)
    spoilt = reply_address(Signer(b"the key of last year"), "reply.example.com", letter.id)
    raw = mail_from("Dan Brook <dan@example.net>", "Re: Start", "Is anybody there?")
    assert take_in(runtime, session, now, raw, spoilt) is InboundKind.REPLY
    message = session.scalars(select(Message)).one()
    assert (message.proof, message.delivery_id) == (Proof.SENDER, None)


def test_a_stranger_writing_to_the_author_gets_a_thread_that_says_nothing_is_proven(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    seed_publication(session, SEED)
    raw = mail_from("Dan Brook <dan@example.net>", "A question", "Where do I begin?")
    assert take_in(runtime, session, now, raw, REPLIES) is InboundKind.REPLY
    (thread,) = threads(session)
    who = session.get_one(Correspondent, thread.correspondent_id)
    assert (who.address, who.name) == ("dan@example.net", "Dan Brook")
    assert session.scalars(select(Message)).one().proof is Proof.SENDER
    again = mail_from("dan@example.net", "Re: A question", "Never mind, found it.", number=2)
    take_in(runtime, session, now + timedelta(days=2), again, REPLIES)
    assert [each.id for each in threads(session)] == [thread.id]
    later = mail_from("dan@example.net", "A question", "It is me again.", number=3)
    take_in(runtime, session, now + timedelta(days=60), later, REPLIES)
    assert len(threads(session)) == 2


def test_an_unsigned_mail_is_found_by_the_mail_of_theirs_that_it_answers(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    seed_publication(session, SEED)
    letter = deliver(session, now, ALICE)
    thread = reply_to(runtime, session, now, letter, "It worked.")
    more = "In-Reply-To: <answer-1@example.org>\r\n"
    raw = mail_from(f"Alice <{ALICE}>", "quite another subject", "PS: twice.", more=more)
    take_in(runtime, session, now, raw, REPLIES)
    assert session.scalar(select(func.count()).select_from(Message)) == 2
    assert [each.id for each in threads(session)] == [thread.id]
    forged = mail_from(
        "Mallory <mallory@example.net>", "quite another subject", "Pay me.", more=more, number=2
    )
    take_in(runtime, session, now, forged, REPLIES)
    assert len(threads(session)) == 2


def test_bulk_mail_and_mail_to_other_addresses_open_no_thread(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    seed_publication(session, SEED)
    list_mail = mail_from(
        "News <n@example.net>", "News", "Buy!", more="List-Unsubscribe: <https://x.example>\r\n"
    )
    take_in(runtime, session, now, list_mail, REPLIES)
    take_in(runtime, session, now, mail_from("n@example.net", "News", "Buy!", number=2), "abuse@example.com")
    assert threads(session) == []


def test_a_correction_is_remembered_and_teaches(runtime: Runtime, session: Session, now: datetime) -> None:
    letters: list[Delivery] = [deliver(session, now, f"reader{n}@example.org") for n in range(13)]
    about, other = "gazebo pergola veranda trellis", "kettle saucer teapot biscuit"
    for number, letter in enumerate(letters[:12]):
        thread = reply_to(runtime, session, now, letter, about if number % 2 else other)
        move_to_lane(session, now, thread, Lane.STUCK if number % 2 else Lane.HELLO)
    assert (thread.lane, thread.lane_by) == (Lane.STUCK, LaneBy.AUTHOR)
    assert [each.lane for each in read_corrections(session)] == [Lane.HELLO, Lane.STUCK] * 6
    learned = reply_to(runtime, session, now, letters[12], about)
    assert learned.lane is Lane.STUCK
    assert "your corrections" in learned.lane_reasons


def test_an_empty_reply_and_one_of_a_megabyte_are_filed(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    empty = reply_to(runtime, session, now, deliver(session, now, ALICE), "")
    assert (empty.lane, empty.state) == (Lane.OTHER, ThreadState.WAITING)
    long = answer("All of it, every word. \n" * 45_000, sender="Bob <bob@example.org>")
    assert len(long) > 1_000_000
    reply_to(runtime, session, now, deliver(session, now, "bob@example.org"), long)
    assert len(session.scalars(select(Message.text).order_by(Message.id.desc())).first() or "") == 100_000


def test_attachments_are_described_by_their_bytes(runtime: Runtime, session: Session, now: datetime) -> None:
    parts = [
        ("invoice.pdf", "application/pdf", b"MZ\x90\0 This program cannot be run in DOS mode"),
        (
            "../../etc/photo\u202egpj.png",
            "image/png",
            b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"<script>alert(1)",
        ),
        ("notes.txt", "text/plain", b"Only words."),
        ("page.svg", "image/svg+xml", b"<svg onload=alert(1)>"),
    ]
    reply_to(runtime, session, now, deliver(session, now, ALICE), with_attachments(parts))
    found = list(session.scalars(select(Attachment).order_by(Attachment.part)))
    assert [each.kind for each in found] == ["a program", "PNG picture", "text", "web page"]
    assert [each.name for each in found] == ["invoice.pdf", "photogpj.png", "notes.txt", "page.svg"]
    assert [bool(each.warning) for each in found] == [True, True, False, True]
    assert [each.is_picture for each in found] == [False, True, False, False]


def with_attachments(parts: list[tuple[str, str, bytes]]) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = f"Alice <{ALICE}>", "Re: Start"
    mail["Message-ID"] = "<with-files@example.org>"
    mail.set_content("See what I made of it.")
    for name, kind, data in parts:
        major, _, minor = kind.partition("/")
        mail.add_attachment(data, maintype=major, subtype=minor, filename=name)
    return mail.as_bytes()
