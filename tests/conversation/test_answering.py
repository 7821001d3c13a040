"""An answer goes out once, under the reader's mail, to whom it is meant for, and repeats nothing it must not."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.answering import AnswerTo, Draft, answer_thread, render_answer
from app.conversation.arranging import (
    Deed,
    add_note,
    arrange_many,
    put_tag,
    snooze,
    tags_of,
    take_tag,
    wake_snoozed,
)
from app.conversation.models import Direction, Message, Thread, ThreadState
from app.conversation.people import person_of
from app.conversation.queries import Asked, Folder, count_threads, thread_page
from app.conversation.saved_answers import delete_saved_answer, list_saved_answers, save_answer
from app.delivery.models import Correspondent, Delivery, Edition, EditionClass, Exclusion, RecipientKind
from app.foundation.errors import Conflict, InvalidInput, NotFound
from app.foundation.tokens import Purpose
from app.privacy.forget import erase_subscriber
from app.publication.settings import seed_publication
from app.rendering.slots import RenderedMail
from app.signup.desk import Desk
from app.subscribers.models import Subscriber, SuppressionReason
from app.subscribers.suppression import suppress
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver
from tests.conversation.post import mail_from, reply_to, take_in

ALICE = "alice@example.org"
SEED = Path(__file__).parents[2] / "publication.toml"
FORM = "a-form-of-its-own-1"


@pytest.fixture
def desk(runtime: Runtime, session: Session) -> Desk:
    seed_publication(session, SEED)
    return Desk(runtime.signer, runtime.links, runtime.address_key, runtime.settings.emails_dir)


@pytest.fixture
def thread(runtime: Runtime, session: Session, now: datetime, desk: Desk) -> Thread:
    return reply_to(runtime, session, now, deliver(session, now, ALICE), "It worked for us.")


def draft(markdown: str = "Thank *you*.", **more: object) -> Draft:
    return Draft(markdown, FORM, None, **more)  # type: ignore[arg-type]


def rendered(session: Session, desk: Desk, thread: Thread, words: str) -> RenderedMail:
    heard = session.scalars(select(Message).where(Message.thread_id == thread.id)).first()
    return render_answer(session, desk, thread, heard, person_of(session, thread), draft(words))


def test_the_same_form_sends_one_answer_however_often_it_comes(
    session: Session, now: datetime, desk: Desk, thread: Thread
) -> None:
    first = answer_thread(session, now, desk, thread.id, draft())
    again = answer_thread(session, now + timedelta(minutes=1), desk, thread.id, draft("Other words."))
    assert again.id == first.id
    assert session.scalar(select(func.count()).where(Delivery.occasion.startswith("answer:"))) == 1
    assert (thread.state, thread.unread, thread.answered_at) == (ThreadState.ANSWERED, False, now)


def test_an_answer_stands_under_the_mail_it_answers(
    runtime: Runtime, session: Session, now: datetime, desk: Desk, thread: Thread
) -> None:
    message = answer_thread(session, now, desk, thread.id, draft())
    delivery = session.get_one(Delivery, message.delivery_id)
    edition = session.get_one(Edition, delivery.edition_id)
    assert (edition.edition_class, edition.subject) == (EditionClass.PERSONAL, "Re: Start")
    assert edition.in_reply_to == "<answer-1@example.org>"
    assert edition.earlier_ids.split() == ["<issue-1@letters.example.com>", "<answer-1@example.org>"]
    token = runtime.signer.sign(Purpose.REPLY, delivery.id)
    assert message.message_id == f"<{token}@letters.example.com>"


def test_what_a_reader_wrote_is_quoted_as_plain_words(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    link = f"{runtime.settings.base_url}/unsubscribe/abcdefghijklmnop234567"
    words = f"{{{{ 7*7 }}}} {{first_name}} {{% include 'x' %}} <script>alert(1)</script> zqslot0000qz {link}"
    thread = reply_to(runtime, session, now, deliver(session, now, ALICE), words)
    mail = rendered(session, desk, thread, "Hello {first_name|you}, I read it.")
    for place in (mail.html, mail.text):
        assert "7*7" in place
        assert "49" not in place.replace("#", "")
        assert "abcdefghijklmnop234567" not in place
        assert "personal link of ours" in " ".join(place.replace("\n> ", " ").split())
    assert "<script" not in mail.html
    assert [slot.name for slot in mail.slots] == ["first_name"]
    assert mail.text.count("zqslot0000qz") == 1, "the author's own tag, and not the reader's word"


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 50_001])
def test_an_answer_without_words_or_with_too_many_is_refused(
    session: Session, now: datetime, desk: Desk, thread: Thread, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        answer_thread(session, now, desk, thread.id, draft(words))
    assert refused.value.field == "markdown"
    assert thread.state is ThreadState.WAITING


def test_a_form_that_is_not_ours_sends_nothing(
    session: Session, now: datetime, desk: Desk, thread: Thread
) -> None:
    with pytest.raises(InvalidInput):
        answer_thread(session, now, desk, thread.id, Draft("Hi", "short", None))
    with pytest.raises(NotFound):
        answer_thread(session, now, desk, thread.id + 99, draft())


def test_a_forged_sender_gets_nothing_unless_the_author_says_so(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    letter = deliver(session, now, ALICE)
    forged = reply_to(runtime, session, now, letter, answer("Send it to me.", sender="Bob <bob@example.net>"))
    message = answer_thread(session, now, desk, forged.id, draft())
    assert message.sender == ALICE
    chosen = Draft("Hello Bob.", FORM + "-2", None, AnswerTo.CLAIMED)
    other = answer_thread(session, now, desk, forged.id, chosen)
    assert other.sender == "bob@example.net"
    delivery = session.get_one(Delivery, other.delivery_id)
    assert delivery.recipient_kind is RecipientKind.CORRESPONDENT
    assert session.get_one(Correspondent, delivery.recipient_id).address == "bob@example.net"


def test_a_suppressed_reader_who_writes_is_answered_all_the_same(
    session: Session, now: datetime, desk: Desk, thread: Thread
) -> None:
    reader = session.get_one(Subscriber, thread.subscriber_id)
    suppress(session, now, reader.address_hash, SuppressionReason.COMPLAINT)
    assert person_of(session, thread).suppressed == (SuppressionReason.COMPLAINT,)
    message = answer_thread(session, now, desk, thread.id, draft())
    assert session.get_one(Delivery, message.delivery_id).exclusion is not Exclusion.SUPPRESSED


def test_nobody_is_answered_who_left_no_address(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    take_in(runtime, session, now, mail_from("not an address", "Hm", "Who am I?"), "mark@letters.example.com")
    (thread,) = session.scalars(select(Thread))
    with pytest.raises(Conflict):
        answer_thread(session, now, desk, thread.id, draft())


def test_erasing_a_reader_takes_the_answers_that_quote_them(
    session: Session, now: datetime, desk: Desk, thread: Thread
) -> None:
    answer_thread(session, now, desk, thread.id, draft("Dear Alice, thank you."))
    put_tag(session, thread, "idea for a letter")
    reader = session.get_one(Subscriber, thread.subscriber_id)
    erase_subscriber(session, now, reader, desk.signer)
    session.expire_all()
    assert session.scalars(select(Thread)).all() == []
    assert session.scalars(select(Message)).all() == []
    personal = session.scalars(select(Edition).where(Edition.edition_class == EditionClass.PERSONAL)).one()
    assert (personal.frozen, personal.subject, personal.in_reply_to) == (b"", "", "")


def test_threads_are_put_off_and_wake_by_the_clock(session: Session, now: datetime, thread: Thread) -> None:
    with pytest.raises(InvalidInput):
        snooze(session, now, thread, now)
    snooze(session, now, thread, now + timedelta(days=2))
    assert wake_snoozed(session, now + timedelta(days=1)) == 0
    assert thread_page(session, Asked(Folder.SNOOZED)).total == 1
    assert wake_snoozed(session, now + timedelta(days=2)) == 1
    session.expire_all()
    assert (thread.state, thread.unread, thread.snoozed_until) == (ThreadState.WAITING, True, None)


def test_tags_notes_and_bulk_deeds(session: Session, now: datetime, thread: Thread) -> None:
    put_tag(session, thread, "  Idea for  a Letter ")
    put_tag(session, thread, "idea for a letter")
    assert tags_of(session, thread.id) == ["idea for a letter"]
    take_tag(session, thread, "idea for a letter")
    assert tags_of(session, thread.id) == []
    with pytest.raises(InvalidInput):
        put_tag(session, thread, "x" * 41)
    with pytest.raises(InvalidInput):
        add_note(session, now, thread, " ", 1)
    with pytest.raises(InvalidInput):
        arrange_many(session, [], Deed.DONE)
    assert arrange_many(session, [thread.id, thread.id + 5], Deed.DONE) == 1
    assert thread.state is ThreadState.CLOSED


def test_a_saved_answer_is_kept_changed_and_deleted(session: Session, now: datetime) -> None:
    first = save_answer(session, now, " Where to begin ", "Begin with finance.")
    with pytest.raises(Conflict):
        save_answer(session, now, "Where to begin", "Twice.")
    save_answer(session, now, "Where to begin", "Begin with sales.", first.id)
    assert [(each.title, each.markdown) for each in list_saved_answers(session)] == [
        ("Where to begin", "Begin with sales.")
    ]
    with pytest.raises(InvalidInput):
        save_answer(session, now, "", "words")
    delete_saved_answer(session, first.id)
    assert list_saved_answers(session) == []


@pytest.mark.parametrize(
    ("search", "found"),
    [("worked", 1), ("ALICE", 1), ("start", 1), ("worked nobody", 0), ("100%", 0), ("_", 0), ("'; DROP", 0)],
)
def test_search_looks_into_words_names_and_subjects(
    session: Session, thread: Thread, search: str, found: int
) -> None:
    assert thread_page(session, Asked(Folder.ALL, search=search)).total == found


def test_the_tabs_count_what_their_lists_hold(
    runtime: Runtime, session: Session, now: datetime, thread: Thread
) -> None:
    other = reply_to(
        runtime, session, now, deliver(session, now, "bob@example.org"), "I am stuck, can you help?"
    )
    arrange_many(session, [other.id], Deed.DONE)
    counts = count_threads(session)
    for (folder, lane), number in counts.items():
        assert thread_page(session, Asked(folder, lane)).total == number, (folder, lane)
    assert [each.direction for each in session.scalars(select(Message))] == [Direction.IN, Direction.IN]
