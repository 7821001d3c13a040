"""A letter to two hundred readers by way of a real mail server, and all that comes back: by Postfix's own notices to
our listener, and into the author's mailbox on an IMAP server. Told twice and in any order it ends the same."""

import dataclasses
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from imap_tools import MailBoxUnencrypted
from pysasl.hashing import BuiltinHash
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from app.accounts.authors import create_author
from app.conversation.models import InboundKind, InboundMail, InboundState, MailboxPosition, Message
from app.conversation.receiving import Envelope, keep_raw, read_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.bounces import record_bounce
from app.delivery.carriers import SmtpCarrier
from app.delivery.editions import freeze_edition
from app.delivery.ledger import open_ledger
from app.delivery.letterhead import letterhead_of
from app.delivery.models import (
    Bounce,
    BounceClass,
    BounceSource,
    Delivery,
    Edition,
    EditionClass,
    RecipientKind,
)
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.delivery.transport import parse_relays
from app.foundation.db import Database, open_database
from app.signup.desk import Desk
from app.subscribers.models import Subscriber, Subscription, SubscriptionState, Suppression
from app.subscribers.queries import list_topics
from app.subscribers.topics import seed_topics
from app.wiring import Runtime
from tests.cast import seed_dcx, verified_reader
from tests.delivery.post import rendered_letter
from tests.fixtures.postfix import HERE, OWNER, Postfix, find_postfix
from tests.fixtures.smtp_sink import SmtpSink
from tests.journeys import far_side
from tests.journeys.far_side import AUTHOR, LEFT, OURS, STORIES, Ports, Post
from tests.worker.test_lmtp import listening
from worker.imap import Account, catch_up

POSTFIX = find_postfix()
pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.skipif(
        POSTFIX is None, reason="Postfix runs as root only, and `make system` brings it for root on Debian"
    ),
    pytest.mark.timeout(180),
]
READERS = 200
PRIVATE = b"From: ben@friend.example\r\nTo: mark@author.example\r\nSubject: lunch?\r\n\r\nAt one?\r\n"

Ends = dict[str, tuple[str, bool, int, str]]
"""By address: suppressed for what, still reading, messages written, the news recorded."""


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind((HERE, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@contextmanager
def imap_server(folder: Path, port: int) -> Iterator[Account]:
    """A pymap server over the folders that Postfix delivers into."""
    (folder / "pymap-etc-passwd").write_text("mark:x::::mark:\n")
    (folder / "pymap-etc-shadow").write_text(f"mark:{BuiltinHash(rounds=1000).hash('secret')}:::::::\n")
    (folder / "pymap-etc-group").write_text("")
    program = str(Path(sys.executable).with_name("pymap"))
    process = subprocess.Popen(
        [program, "--host", HERE, "--port", str(port), "--no-tls", "maildir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Account(HERE, port, "mark", "secret", "INBOX", "none")
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def ours(runtime: Runtime) -> Runtime:
    return dataclasses.replace(
        runtime, settings=runtime.settings.model_copy(update={"reply_domain": OURS, "bounce_domain": OURS})
    )


def domain_of(number: int) -> str:
    return STORIES[number % len(STORIES)].domain


def write_the_letter(here: Runtime) -> int:
    """Two hundred readers, as many of each story; some of them have had four full mailboxes already."""
    now = here.clock()
    with here.database.writing() as session:
        seed_dcx(session)
        create_author(session, now, AUTHOR, name="Mark")
        seed_topics(session)
        topic = next(one.id for one in list_topics(session) if one.slug == "letter")
        for number in range(READERS):
            verified_reader(session, now, b"key", f"reader{number}@{domain_of(number)}", topic)
        session.flush()
        for month in range(4):
            earlier = _edition(session, here, topic, f"issue:{month}")
            for reader in session.scalars(
                select(Subscriber).where(Subscriber.domain == "often-full.example")
            ):
                record_bounce(
                    session,
                    now,
                    delivery_id=_delivered(session, earlier, reader.id),
                    source=BounceSource.DSN,
                    bounce_class=BounceClass.SOFT,
                    reason="mailbox full",
                    status="5.2.2",
                    evidence="",
                    raw_key="",
                    fingerprint=f"{month} {reader.id}",
                )
        edition = _edition(session, here, topic, "issue:9")
        open_ledger(session, now, edition)
        return edition


def _edition(session: Session, here: Runtime, topic_id: int, key: str) -> int:
    return freeze_edition(
        session,
        here.clock(),
        key=key,
        edition_class=EditionClass.BULK,
        rendered=rendered_letter(),
        sender=f"Mark Levy <{AUTHOR}>",
        topic_id=topic_id,
    ).id


def _delivered(session: Session, edition_id: int, reader_id: int) -> int:
    delivery = Delivery(
        edition_id=edition_id, recipient_kind=RecipientKind.SUBSCRIBER, recipient_id=reader_id
    )
    session.add(delivery)
    session.flush()
    return delivery.id


def send(here: Runtime, edition_id: int, relay: int, folder: Path) -> None:
    carrier = SmtpCarrier(parse_relays(f"smtp://{HERE}:{relay}?tls=none"), 4)
    office = Office(
        database=here.database,
        clock=here.clock,
        letterhead=letterhead_of(here.settings, here.signer),
        carrier=carrier,
        owner="tests",
        journals=folder / "journals",
    )
    sent = send_edition(office, edition_id)
    assert sent.results.total() == READERS, sent


def answer_what_arrived(there: "FarSide") -> None:
    """Every reader who got the letter answers as their story says; a friend writes to the author about lunch."""
    stories = {story.domain: story for story in STORIES}
    arriving = sum(not stories[domain_of(number)].way for number in range(READERS))
    for letter in there.people.wait_for(arriving, 60):
        reader = letter.recipients[0]
        for answers in stories[reader.partition("@")[2]].answers:
            answers(there.post, reader, letter)
    there.post.send("ben@friend.example", AUTHOR, PRIVATE)


def read_the_mailbox(here: Runtime, account: Account) -> None:
    with MailBoxUnencrypted(account.host, account.port, timeout=30).login(
        account.user, account.password, initial_folder=None
    ) as mailbox:
        catch_up(here, account, mailbox)


def process_everything(here: Runtime) -> None:
    with here.database.reading() as session:
        waiting = session.scalars(
            select(InboundMail.id).where(InboundMail.state == InboundState.RECEIVED)
        ).all()
    desk = Desk(here.signer, here.links, here.address_key, here.settings.emails_dir)
    for inbound_id in waiting:
        with here.database.writing() as session:
            process_inbound(
                session, here.clock(), inbound_id, storage=here.storage, signer=here.signer, desk=desk
            )


def ends(here: Runtime) -> Ends:
    """How every reader stands."""
    with here.database.reading() as session:
        readers = session.scalars(select(Subscriber).where(Subscriber.address.like("reader%"))).all()
        return {reader.address: _end(session, reader) for reader in readers}


def _end(session: Session, reader: Subscriber) -> tuple[str, bool, int, str]:
    reasons = session.scalars(
        select(Suppression.reason).where(Suppression.address_hash == reader.address_hash).distinct()
    )
    reading = session.scalar(
        select(func.count()).where(
            Subscription.subscriber_id == reader.id, Subscription.state == SubscriptionState.ON
        )
    )
    mine = select(Delivery.id).where(Delivery.recipient_id == reader.id)
    written = session.scalar(select(func.count(Message.id)).where(Message.delivery_id.in_(mine)))
    news = session.scalars(select(Bounce).where(Bounce.delivery_id.in_(mine), Bounce.raw_key != ""))
    said = sorted({f"{one.bounce_class.value} {one.reason}" for one in news})
    return " ".join(sorted(one.value for one in reasons)), bool(reading), written or 0, ", ".join(said)


def written(here: Runtime) -> Counter[RecipientKind]:
    """What we wrote because of all this: one line to whoever left by mail, one to the author about the refusals."""
    with here.database.reading() as session:
        mails = select(Delivery.recipient_kind).join(Edition).where(~Edition.key.startswith("issue:"))
        return Counter(session.scalars(mails))


def retell(here: Runtime, database: Database, mails: list[InboundMail]) -> Runtime:
    """Everything that came in, told twice and shuffled to an installation that has heard none of it."""
    there = dataclasses.replace(here, database=database)
    told = mails * 2
    random.Random(4).shuffle(told)
    for number, mail in enumerate(told):
        raw = read_raw(there.storage, mail.storage_key)
        came = Envelope(mail.via, mail.envelope_from, mail.envelope_to)
        with there.database.writing() as session:
            register_raw(session, there.clock(), came, raw=raw, storage_key=keep_raw(there.storage, raw))
        if number % 40 == 0:
            process_everything(there)
    process_everything(there)
    return there


def untold(here: Runtime, path: Path) -> Database:
    """A copy of the database from which everything that came in is missing."""
    assert here.database.engine.url.database
    with sqlite3.connect(here.database.engine.url.database) as source, sqlite3.connect(path) as target:
        source.backup(target)
    database = open_database(f"sqlite:///{path}")
    event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    with database.writing() as session:
        session.execute(delete(InboundMail))
        session.execute(delete(MailboxPosition))
    return database


@dataclass(frozen=True)
class FarSide:
    """Everybody out there, and our listener among them."""

    server: Postfix
    post: Post
    people: SmtpSink
    account: Account


@contextmanager
def far_side_of(here: Runtime, folder: Path) -> Iterator[FarSide]:
    assert POSTFIX is not None
    mailboxes = Path(tempfile.mkdtemp(prefix="handoff-maildirs-"))
    mailboxes.chmod(0o755)
    shutil.chown(mailboxes, OWNER)
    people, hangup = SmtpSink().start(), SmtpSink().start()
    hangup.drop_before("connect")
    try:
        with ExitStack() as stack:
            listener = stack.enter_context(listening(here))
            relay, mx, small, imap = free_ports(4)
            deaf = stack.enter_context(
                socket.socket()
            )  # bound and not listening: nobody else can take the port
            deaf.bind((HERE, 0))
            ports = Ports(relay, mx, small, deaf.getsockname()[1], people.port, hangup.port, listener)
            account = stack.enter_context(imap_server(mailboxes, imap))
            server = Postfix(POSTFIX)
            conf = server.conf
            server.write(far_side.settings(conf, mailboxes, OWNER), far_side.services(ports, conf))
            (conf / "routes").write_text(far_side.routes(ports))
            (conf / "rules").write_text(far_side.rules())
            stack.enter_context(server.running())
            for port in (relay, mx, small):
                server.wait_for(port)
            yield FarSide(server, Post(relay), people, account)
    finally:
        people.stop()
        hangup.stop()
        shutil.rmtree(mailboxes)


def test_everything_that_comes_back_finds_its_reader_however_often_it_is_told(
    ours: Runtime, tmp_path: Path
) -> None:
    edition_id = write_the_letter(ours)
    with far_side_of(ours, tmp_path) as there:
        send(ours, edition_id, there.post.port, tmp_path)
        answer_what_arrived(there)
        there.server.wait_until_empty()
        read_the_mailbox(ours, there.account)
        log = there.server.log
    again = untold(ours, tmp_path / "untold.sqlite3")
    process_everything(ours)
    stories = {story.domain: story for story in STORIES}
    found = ends(ours)
    wrong = {
        address: (end, expected)
        for address, end in found.items()
        if end != (expected := stories[address.partition("@")[2]].ends)
    }
    assert len(found) == READERS
    assert wrong == {}, log[-3000:]
    with ours.database.reading() as session:
        mails = list(session.scalars(select(InboundMail)))
        session.expunge_all()
    assert {mail.via for mail in mails} == {"lmtp", "imap"}
    assert {mail.state for mail in mails} == {InboundState.DONE}
    assert {mail.kind.value for mail in mails if mail.kind} == {kind.value for kind in InboundKind}
    raws = [read_raw(ours.storage, mail.storage_key) for mail in mails]
    assert any(b"\nAction: delayed" in raw for raw in raws)
    assert PRIVATE not in raws
    left = sum(end == (*LEFT, "") for end in found.values())
    assert written(ours) == {RecipientKind.SUBSCRIBER: left, RecipientKind.AUTHOR: 1}
    retold = retell(ours, again, mails)
    assert ends(retold) == found
    assert written(retold) == written(ours)
