"""A letter to sixty readers: forty answer from four mail programs, two are on holiday, the author answers everybody."""

import imaplib
import re
from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr
from sqlalchemy import func, select

from app.accounts.models import Author
from app.accounts.sessions import open_session
from app.cli.seed import seed_installation
from app.conversation.inbox_models import PermissionState, QuotePermission
from app.conversation.models import Direction, InboundKind, InboundMail, Message, Thread, ThreadState
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.delivery.dkim import public_record
from app.delivery.ledger import count
from app.delivery.models import Edition, EditionClass
from app.foundation.settings import Settings
from app.issues.models import IssueKind
from app.issues.queries import get_issue
from app.issues.scheduling import schedule_issue
from app.issues.writing import Draft, create_issue
from app.web.admin.guard import COOKIE_PATH, SESSION_COOKIE
from app.web.factory import create_app
from app.wiring import Runtime
from tests.cast import seed_cast, verified_reader
from tests.conversation.clients import CLIENTS, Answer, vacation
from tests.fixtures.clock import FrozenClock
from tests.fixtures.dovecot import find_dovecot, running_dovecot
from tests.fixtures.smtp_sink import Received, SmtpSink
from tests.web.admin.conftest import Browser
from worker.jobs.inbound import process
from worker.jobs.sending import send_edition
from worker.publishing import publish_due
from worker.state import using_runtime

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

READERS, ANSWERS, AWAY = 60, 40, 2
KEY = rsa.generate_private_key(65537, 2048)
LETTER = "Dear {first_name|reader},\n\nWho owns the [handoff](https://example.org/own)?\n\nPS: I read everything.\n"
WORDS = (
    "We own it together, and that is the trouble.",
    "I disagree with the second half.\n\nIn our house nobody owns a step; the step owns us.",
    "How do I begin when finance does not come to the meeting?",
    "Danke, Mark! Das hat heute im Team gesessen.",
    "Hello from Oslo.",
)


@pytest.fixture
def settings(tmp_path: Path, database_url: str, smtp_sink: SmtpSink) -> Settings:
    key = tmp_path / "dkim.pem"
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        secret_key=SecretStr("a key for tests only"),
        storage_url=f"file://{tmp_path / 'files'}",
        smtp_url=f"smtp://127.0.0.1:{smtp_sink.port}?tls=none",
        reply_domain="reply.letters.example.com",
        bounce_domain="bounce.letters.example.com",
        dkim_domain="letters.example.com",
        dkim_selector="handoff",
        dkim_key_file=key,
        demo=True,
    )


@pytest.fixture
def author(runtime: Runtime) -> Iterator[Browser]:
    """The author, signed in, with sixty readers."""
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
        letter = seed_cast(session, runtime.clock(), runtime.address_key).letter_id
        for number in range(READERS - 1):
            name = f"Reader{number}"
            address = f"reader{number}@example.org"
            verified_reader(session, runtime.clock(), runtime.address_key, address, letter, first_name=name)
        secret = open_session(session, runtime.clock(), session.scalars(select(Author.id)).one())
    client = create_app(runtime).test_client()
    client.set_cookie(SESSION_COOKIE, secret, path=COOKIE_PATH)
    with using_runtime(runtime):
        yield Browser(client)


def send_letter(runtime: Runtime, clock: FrozenClock) -> int:
    with runtime.database.writing() as session:
        issue = create_issue(session, clock(), IssueKind.LETTER, Draft("Who owns it?", markdown=LETTER))
        schedule_issue(session, clock(), issue.id)
        slot = get_issue(session, issue.id).scheduled_at
    assert slot is not None
    clock.move_to(slot)
    publish_due(runtime, clock())
    with runtime.database.reading() as session:
        edition = get_issue(session, issue.id).edition_id
    assert edition is not None
    send_edition(edition)
    with runtime.database.reading() as session:
        assert count(session, edition).accepted == READERS
    return edition


def answer_to(letter: Received, number: int, words: str) -> Answer:
    mail = letter.message
    body = mail.get_body(("plain",))
    assert body is not None
    return Answer(
        letter.recipients[0],
        f"Reader {number}",
        words,
        str(mail["Reply-To"]).partition("<")[2].strip(">"),
        str(mail["Subject"]),
        str(mail["Message-ID"]),
        str(body.get_content()),
        number,
    )


def take_in(runtime: Runtime, raw: bytes, sender: str, to: str) -> None:
    with runtime.database.writing() as session:
        kept = register_raw(
            session,
            runtime.clock(),
            Envelope("lmtp", sender, to),
            raw=raw,
            storage_key=keep_raw(runtime.storage, raw),
        )
    process(kept.inbound_id)


def signed(mail: Received) -> bool:
    record = public_record(KEY).encode()
    return bool(dkim.DKIM(mail.data).verify(dnsfunc=lambda name, timeout=5: record))


def test_forty_readers_are_answered_and_every_answer_stands_under_what_they_wrote(
    runtime: Runtime, clock: FrozenClock, author: Browser, smtp_sink: SmtpSink
) -> None:
    edition = send_letter(runtime, clock)
    letters = sorted(smtp_sink.messages, key=lambda mail: mail.recipients)[: ANSWERS + AWAY]
    replies: dict[str, bytes] = {}
    said: dict[str, str] = {}
    for number, letter in enumerate(letters):
        answer = answer_to(letter, number, WORDS[number % len(WORDS)])
        raw = CLIENTS[number % 4](answer) if number < ANSWERS else vacation(answer)
        take_in(runtime, raw, answer.reader, answer.to)
        if number < ANSWERS:
            replies[answer.reader], said[answer.reader] = raw, answer.words
    smtp_sink.messages.clear()

    with runtime.database.reading() as session:
        kinds = dict(session.execute(select(InboundMail.kind, func.count()).group_by(InboundMail.kind)).all())
        assert kinds == {InboundKind.REPLY: ANSWERS, InboundKind.AUTO_REPLY: AWAY}
        heard = dict(session.execute(select(Message.sender, Message.text)).all())
        threads = list(session.scalars(select(Thread.id).order_by(Thread.id)))
        assert heard == said, "the readers' own words, whole and alone"
        assert set(session.scalars(select(Thread.edition_id))) == {edition}
    assert f'Waiting <span class="figure">{ANSWERS}<' in author.get("/admin/inbox").text

    token = author.token()
    for thread_id in threads:
        data = {
            "csrf": token,
            "occasion": f"journey-answer-{thread_id:04}",
            "markdown": "Thank you, *truly*.",
        }
        for _ in range(2):  # pressed twice
            sent = author.client.post(f"/admin/inbox/{thread_id}/answer", data=data)
            assert sent.status_code == 303, sent.text
    with runtime.database.reading() as session:
        for each in session.scalars(select(Edition.id).where(Edition.edition_class == EditionClass.PERSONAL)):
            send_edition(each)
    answers = {mail.recipients[0]: mail for mail in smtp_sink.messages}
    assert len(smtp_sink.messages) == len(answers) == ANSWERS
    assert all(signed(mail) for mail in answers.values())
    for reader, mail in answers.items():
        reply_id = re.search(rb"(?mi)^Message-ID: (\S+)", replies[reader])
        assert reply_id is not None
        assert str(mail.message["In-Reply-To"]) == reply_id[1].decode()
        assert str(mail.message["From"]) == "Mark Levy <mark@letters.example.com>"
        assert str(mail.message["Subject"]) == "Re: Who owns it?"
    with runtime.database.reading() as session:
        states = set(session.scalars(select(Thread.state)))
        assert states == {ThreadState.ANSWERED}

    quote_with_permission(runtime, author, smtp_sink, answers)
    if find_dovecot() is None:
        pytest.skip(
            "All of it holds but the threads in a mailbox: there is no Dovecot (make system, as root)"
        )
    with running_dovecot() as port:
        look_into_mailbox(port, [mail.data for mail in letters[:ANSWERS]], replies, answers)


def look_into_mailbox(
    port: int, letters: list[bytes], replies: dict[str, bytes], answers: dict[str, Received]
) -> None:
    """An IMAP server that knows nothing of us puts letter, reply and answer of each reader under one another."""
    box = imaplib.IMAP4("127.0.0.1", port, timeout=30)
    for raw in letters + list(replies.values()) + [mail.data for mail in answers.values()]:
        kind, told = box.append("INBOX", "", "", raw)
        assert kind == "OK", told
    assert box.select("INBOX")[1] == [str(3 * ANSWERS).encode()]
    (found,) = box.thread("REFS", "UTF-8", "ALL")[1]
    chains = [tuple(map(int, chain.split())) for chain in re.findall(rb"\(([\d ]+)\)", found)]
    assert len(chains) == ANSWERS
    assert all(len(chain) == 3 and sorted(chain) == list(chain) for chain in chains)
    firsts = sorted(chain[0] for chain in chains)
    assert firsts == list(range(1, ANSWERS + 1)), "each begins with a letter"
    box.logout()


def quote_with_permission(
    runtime: Runtime, author: Browser, smtp_sink: SmtpSink, answers: dict[str, Received]
) -> None:
    """Asked by mail, granted by mail, confirmed by hand; the reader's own yes is the evidence."""
    with runtime.database.reading() as session:
        thread_id, words = session.execute(
            select(Message.thread_id, Message.text)
            .where(Message.text == WORDS[0])
            .order_by(Message.id)
            .limit(1)
        ).one()
    room = f"/admin/inbox/{thread_id}"
    wrong = author.post(
        f"{room}/permission", words="I never said that.", markdown="May I?", occasion="o" * 20
    )
    assert wrong.status_code == 400
    asked = author.post(f"{room}/permission", words=words, markdown="May I quote this?", occasion="p" * 20)
    assert asked.status_code == 303, asked.text
    smtp_sink.messages.clear()
    with runtime.database.reading() as session:
        send_edition(session.scalars(select(Edition.id).order_by(Edition.id.desc()).limit(1)).one())
    (question,) = smtp_sink.messages
    body = question.message.get_body(("plain",))
    assert body is not None
    assert f"    {words}" in str(body.get_content())
    with runtime.database.reading() as session:
        permission_id = session.scalars(select(QuotePermission.id)).one()
        heard = session.scalars(
            select(Message.id).where(Message.thread_id == thread_id, Message.direction == Direction.IN)
        ).one()
    early = author.post(f"{room}/permission/{permission_id}", verdict="granted", evidence=str(heard))
    assert early.status_code == 409, "what was written before the question answers nothing"
    yes = answer_to(question, 99, "Yes, with my first name.")
    take_in(runtime, CLIENTS[0](yes), yes.reader, yes.to)
    with runtime.database.reading() as session:
        newest = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        assert (newest.thread_id, newest.text) == (thread_id, "Yes, with my first name.")
        evidence = newest.id
        assert session.get_one(Thread, thread_id).state is ThreadState.WAITING
    author.post(f"{room}/permission/{permission_id}", verdict="granted", evidence=str(evidence))
    with runtime.database.reading() as session:
        kept = session.scalars(select(QuotePermission)).one()
        assert (kept.state, kept.words, kept.evidence_id) == (PermissionState.GRANTED, words, evidence)
    assert "may be quoted" in author.get(room).text
