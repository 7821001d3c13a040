"""The inbox by plain forms: what readers wrote is shown and nothing of it acts."""

import io
from email.message import EmailMessage

import pytest
from PIL import Image
from sqlalchemy import select

from app.accounts.models import Role
from app.conversation.inbox_models import LaneCorrection, SavedAnswer, ThreadNote
from app.conversation.models import Attachment, Lane, LaneBy, Message, Thread, ThreadState
from app.delivery.models import Edition, EditionClass
from app.delivery.verp import reply_address
from app.issues.models import Issue, IssueState
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver
from tests.conversation.post import mail_from, reply_to, take_in
from tests.fixtures.clock import FrozenClock
from tests.web.admin.conftest import Browser, SignIn
from worker.clock import tick

ROOM = "/admin/inbox"
ALICE = "alice@example.org"
TOKEN = "abcdefghijklmnop234567"


@pytest.fixture
def thread_id(runtime: Runtime, studio: object, clock: FrozenClock) -> int:
    """Alice answered a letter; the letter's own signed link and a script are in her mail."""
    link = f"{runtime.settings.base_url}/unsubscribe/{TOKEN}"
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = f"Alice <{ALICE}>", "Re: Start", "<one@example.org>"
    mail.set_content(f"It worked, {{{{ 7*7 }}}} times. <b>Really</b>.\nSee {link}\n")
    mail.add_alternative(f'<p>It worked</p><script>x()</script><a href="{link}">leave</a>', subtype="html")
    drawn = io.BytesIO()
    Image.new("RGB", (30, 30), "teal").save(drawn, "PNG")
    mail.add_attachment(drawn.getvalue() + b"<script>x()", "image", "png", filename="wall.png")
    mail.add_attachment(b"MZ\x90\0", "application", "pdf", filename="invoice.pdf")
    with runtime.database.writing() as session:
        return reply_to(runtime, session, clock(), deliver(session, clock(), ALICE), mail.as_bytes()).id


def thread_of(runtime: Runtime, thread_id: int) -> Thread:
    with runtime.database.reading() as session:
        found = session.get_one(Thread, thread_id)
        session.expunge(found)
        return found


def test_an_empty_inbox_says_what_will_come(owner: Browser) -> None:
    assert "Nobody is waiting for you" in owner.get(ROOM).text
    assert owner.get(f"{ROOM}?show=nonsense&lane=x&page=-3&search=%25").status_code == 200


def test_a_page_past_the_end_does_not_say_that_nobody_waits(owner: Browser, thread_id: int) -> None:
    page = owner.get(f"{ROOM}?page=99").text
    assert "There is no such page" in page
    assert "Nobody is waiting" not in page


def test_the_readers_words_are_shown_and_their_links_are_dead(owner: Browser, thread_id: int) -> None:
    listed = owner.get(ROOM).text
    page = owner.get(f"{ROOM}/{thread_id}").text
    for text in (listed, page):
        assert "{{ 7*7 }}" in text
        assert "&lt;b&gt;Really" in text
    assert TOKEN not in page + listed
    assert "personal link of ours, left out" in page
    assert "This could run on your computer" in page
    whole = owner.get(f"{ROOM}/mails/1")
    assert TOKEN not in whole.text
    assert "x()" not in whole.text
    policy = whole.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_opening_a_conversation_reads_it_but_not_for_who_may_only_look(
    runtime: Runtime, sign_in: SignIn, thread_id: int
) -> None:
    sign_in(Role.VIEWER).get(f"{ROOM}/{thread_id}")
    assert thread_of(runtime, thread_id).unread
    sign_in(Role.EDITOR).get(f"{ROOM}/{thread_id}")
    assert not thread_of(runtime, thread_id).unread


def test_files_are_downloads_and_pictures_are_redrawn(
    owner: Browser, runtime: Runtime, thread_id: int
) -> None:
    with runtime.database.reading() as session:
        numbers = {name: number for number, name in session.execute(select(Attachment.id, Attachment.name))}
    program = owner.get(f"{ROOM}/attachments/{numbers['invoice.pdf']}")
    assert program.headers["Content-Disposition"] == "attachment; filename=invoice.pdf"
    assert program.headers["Content-Type"] == "application/octet-stream"
    assert program.headers["X-Content-Type-Options"] == "nosniff"
    assert program.data == b"MZ\x90\0"
    picture = owner.get(f"{ROOM}/attachments/{numbers['wall.png']}/picture")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert b"x()" not in picture.data
    assert owner.get(f"{ROOM}/attachments/{numbers['invoice.pdf']}/picture").status_code == 404
    assert owner.get(f"{ROOM}/attachments/999").status_code == 404
    raw = owner.get(f"{ROOM}/mails/1.eml")
    assert raw.headers["Content-Disposition"].startswith("attachment")


def test_a_forged_sender_is_told_and_a_stranger_is_called_unproven(
    runtime: Runtime, owner: Browser, clock: FrozenClock
) -> None:
    with runtime.database.writing() as session:
        letter = deliver(session, clock(), ALICE)
        forged = reply_to(
            runtime, session, clock(), letter, answer("Pay me.", sender="Bob <bob@example.net>")
        ).id
        stranger = mail_from("Dan <dan@example.net>", "A question", "Who are you?")
        take_in(runtime, session, clock(), stranger, "hello@mail.example.com")
        other = session.scalars(select(Thread.id).order_by(Thread.id.desc())).first()
    page = owner.get(f"{ROOM}/{forged}").text
    assert "The sender calls itself bob@example.net" in page
    assert 'value="claimed"' in page
    page = owner.get(f"{ROOM}/{other}").text
    assert "Nothing proves that dan@example.net wrote this" in page
    assert "Not a subscriber" in page


def test_every_deed_by_its_form(
    runtime: Runtime, sign_in: SignIn, thread_id: int, clock: FrozenClock
) -> None:
    browser, room = sign_in(Role.EDITOR), f"{ROOM}/{thread_id}"
    browser.post(f"{room}/lane", to="stuck")
    thread = thread_of(runtime, thread_id)
    assert (thread.lane, thread.lane_by) == (Lane.STUCK, LaneBy.AUTHOR)
    browser.post(f"{room}/tags", tag="Idea for a letter")
    browser.post(f"{room}/notes", note="Ask <her> about it.")
    page = browser.get(room).text
    assert "idea for a letter" in page
    assert "Ask &lt;her&gt; about it." in page
    assert browser.post(f"{room}/notes", note=" ").status_code == 400
    assert browser.post(f"{room}/lane", to="nowhere").status_code == 400
    assert browser.post(f"{room}/deed", deed="explode").status_code == 400
    assert browser.post(f"{room}/snooze", date="2020-01-01").status_code == 400
    assert browser.post(f"{room}/snooze", date="soon").status_code == 400
    browser.post(f"{room}/snooze", date="2026-11-20")
    thread = thread_of(runtime, thread_id)
    assert thread.state is ThreadState.SNOOZED
    assert thread.snoozed_until is not None
    clock.move_to(thread.snoozed_until)
    tick(runtime, clock())
    assert thread_of(runtime, thread_id).state is ThreadState.WAITING
    done = browser.post(f"{room}/deed", deed="done")
    assert done.location == "/admin/inbox?said=done"
    assert "done, not answered" in browser.get(f"{ROOM}?show=answered").text
    browser.post(f"{room}/deed", deed="reopen")
    assert thread_of(runtime, thread_id).state is ThreadState.WAITING
    with runtime.database.reading() as session:
        assert session.scalars(select(LaneCorrection.lane)).all() == [Lane.STUCK]
        note = session.scalars(select(ThreadNote.id)).one()
    browser.post(f"{room}/notes/{note}/remove")
    browser.post(f"{room}/tags", off="idea for a letter")
    assert "Ask &lt;her" not in browser.get(room).text


def test_many_at_once(runtime: Runtime, sign_in: SignIn, clock: FrozenClock) -> None:
    with runtime.database.writing() as session:
        ids = [
            reply_to(runtime, session, clock(), deliver(session, clock(), f"r{n}@example.org"), "Hello.").id
            for n in range(3)
        ]
    browser = sign_in(Role.EDITOR)
    assert browser.post(f"{ROOM}/many", deed="done").status_code == 400
    answer_ = browser.post(
        f"{ROOM}/many", deed="move", to="feedback", thread=[str(i) for i in ids[:2]], show="all"
    )
    assert answer_.location == "/admin/inbox?said=put-in-lane&show=all"
    browser.post(f"{ROOM}/many", deed="done", thread=[str(i) for i in ids], lane="feedback")
    assert [thread_of(runtime, each).lane for each in ids][:2] == [Lane.FEEDBACK, Lane.FEEDBACK]
    assert {thread_of(runtime, each).state for each in ids} == {ThreadState.CLOSED}


def test_an_answer_is_previewed_sent_once_and_shown(
    runtime: Runtime, sign_in: SignIn, thread_id: int
) -> None:
    browser, room = sign_in(Role.EDITOR), f"{ROOM}/{thread_id}"
    preview = browser.post(f"{room}/preview", markdown="Thank *you*, {first_name|friend}.", occasion="x" * 20)
    assert "<em>you</em>" in preview.text
    assert "sandbox" in preview.headers["Content-Security-Policy"]
    assert browser.post(f"{room}/preview", markdown="{nobody}").status_code == 400
    empty = browser.post(f"{room}/answer", markdown=" ", occasion="y" * 20)
    assert empty.status_code == 400
    assert "An answer needs words" in empty.text
    assert f'value="{"y" * 20}"' in empty.text, "the form keeps its occasion"
    for _ in range(2):
        assert browser.post(f"{room}/answer", markdown="Thank *you*.", occasion="z" * 20).status_code == 303
    page = browser.get(room).text
    assert page.count("Thank *you*.") == 1
    assert "leaves within a minute" in page
    with runtime.database.reading() as session:
        assert (
            len(session.scalars(select(Edition).where(Edition.edition_class == EditionClass.PERSONAL)).all())
            == 1
        )
        ours = session.scalars(select(Message.id).where(Message.occasion == "z" * 20)).one()
    assert "Thank *you*.</textarea>" in browser.get(f"{room}?again={ours}").text
    viewer = sign_in(Role.VIEWER)
    assert viewer.post(f"{room}/answer", markdown="No.", occasion="w" * 20).status_code == 403


def test_saved_answers_and_settings(runtime: Runtime, owner: Browser, thread_id: int) -> None:
    owner.post(f"{ROOM}/answers", title="Where to begin", markdown="Begin with *finance*.")
    assert owner.post(f"{ROOM}/answers", title="Where to begin", markdown="Twice.").status_code == 409
    with runtime.database.reading() as session:
        number = session.scalars(select(SavedAnswer.id)).one()
    assert "Begin with *finance*." in owner.get(f"{ROOM}/{thread_id}").text
    owner.post(f"{ROOM}/answers/{number}", title="Begin", markdown="Begin with sales.")
    assert "Begin with sales." in owner.get(f"{ROOM}/answers/{number}").text
    owner.post(f"{ROOM}/answers/{number}/delete")
    assert "Nothing yet" in owner.get(f"{ROOM}/answers").text
    assert owner.post(f"{ROOM}/settings", acknowledge="yes", acknowledge_days="7").status_code == 400
    owner.post(f"{ROOM}/settings", weekly="yes", acknowledge_days="7", acknowledge_words="It is here.")
    assert 'value="7"' in owner.get(f"{ROOM}/settings").text


def test_an_issue_shows_what_it_made_readers_say(
    runtime: Runtime, owner: Browser, thread_id: int, draft: Issue
) -> None:
    assert owner.get(f"{ROOM}/issues/{draft.id}").status_code == 409
    with runtime.database.writing() as session:
        issue = session.get_one(Issue, draft.id)
        issue.edition_id, issue.state = thread_of(runtime, thread_id).edition_id, IssueState.SENT
    page = owner.get(f"{ROOM}/issues/{draft.id}").text
    assert "1 reader wrote back" in page
    assert "nothing answered yet" in page
    assert "Put aside" in owner.get(f"{ROOM}/aside").text


def test_a_person_taken_for_a_machine_is_brought_back_from_what_was_put_aside(
    runtime: Runtime, sign_in: SignIn, clock: FrozenClock
) -> None:
    link = f"{runtime.settings.base_url}/unsubscribe/{TOKEN}"
    raw = b"Auto-Submitted: auto-replied\r\n" + answer(f"Who calls <b>whom</b>? {link}", subject="Away, me?")
    with runtime.database.writing() as session:
        address = reply_address(runtime.signer, "reply.example.com", deliver(session, clock(), ALICE).id)
        take_in(runtime, session, clock(), raw, address)
    viewer, owner = sign_in(Role.VIEWER), sign_in(Role.EDITOR)
    seen = viewer.get(f"{ROOM}/aside").text
    assert "Away, me?" in seen
    assert "&lt;b&gt;whom" in seen
    assert TOKEN not in seen
    assert "This was a person" not in seen
    assert viewer.post(f"{ROOM}/aside/1/person").status_code == 403
    assert "This was a person" in owner.get(f"{ROOM}/aside").text
    moved = owner.post(f"{ROOM}/aside/1/person", form_on=f"{ROOM}/aside")
    assert moved.status_code == 303
    assert "Who calls" in owner.get(moved.headers["Location"]).text
    assert "Nothing so far" in owner.get(f"{ROOM}/aside").text
    assert owner.post(f"{ROOM}/aside/1/person").status_code == 404


@pytest.mark.parametrize("evidence", ["²", "٣", "", "x"])
def test_a_permission_form_with_no_number_in_it_is_refused_and_breaks_nothing(
    owner: Browser, thread_id: int, evidence: str
) -> None:
    refused = owner.post(f"{ROOM}/{thread_id}/permission/1", evidence=evidence, verdict="granted")
    assert refused.status_code == 400
