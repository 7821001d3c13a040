"""An ordinary mailbox on a real IMAP server: what concerns us comes in once, and the mailbox never notices."""

import imaplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from imap_tools import MailBoxUnencrypted
from sqlalchemy import select

import worker.imap
from app.conversation.models import InboundKind, InboundMail
from app.conversation.receiving import read_raw
from app.conversation.routing import process_inbound
from app.delivery.verp import reply_address
from app.foundation.errors import Misconfigured
from app.foundation.tokens import Purpose
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver, dsn
from tests.fixtures.clock import FrozenClock
from worker.imap import Account, catch_up, read_account, watch

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ALICE = "alice@example.org"
PRIVATE = b"From: Ben <ben@example.org>\r\nTo: Mark <mark@example.com>\r\nSubject: lunch?\r\n\r\nAt one?\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """A pymap server of this module's own; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("pymap")
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict"]
    process = subprocess.Popen(
        [str(program), *arguments, "--demo-user", "mark", "--demo-password", "secret"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                imaplib.IMAP4("127.0.0.1", port, timeout=5).shutdown()
                break
            except OSError:
                assert time.monotonic() < deadline, "the IMAP server did not come up"
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def account(server: int, request: pytest.FixtureRequest) -> Iterator[Account]:
    """A folder of this test's own."""
    folder = f"F{abs(hash(request.node.nodeid)) % 10**9}"
    found = Account("127.0.0.1", server, "mark", "secret", folder, "none")
    with client(found) as box:
        box.create(folder)
        yield found
        box.delete(folder)


@contextmanager
def client(account: Account) -> Iterator[imaplib.IMAP4]:
    box = imaplib.IMAP4(account.host, account.port, timeout=20)
    box.login(account.user, account.password)
    try:
        yield box
    finally:
        box.logout()


@contextmanager
def opened(account: Account) -> Iterator[MailBoxUnencrypted]:
    with MailBoxUnencrypted(account.host, account.port, timeout=20).login(
        account.user, account.password, initial_folder=None
    ) as box:
        yield box


def put(account: Account, *mails: bytes) -> None:
    with client(account) as box:
        for mail in mails:
            kind, said = box.append(account.folder, "", imaplib.Time2Internaldate(time.time()), mail)
            assert kind == "OK", said


def read(runtime: Runtime, account: Account) -> int:
    with opened(account) as box:
        return catch_up(runtime, account, box)


def kept(runtime: Runtime) -> list[bytes]:
    with runtime.database.reading() as session:
        keys = list(session.scalars(select(InboundMail.storage_key).order_by(InboundMail.id)))
    return [read_raw(runtime.storage, key) for key in keys]


@pytest.fixture
def letter(runtime: Runtime, now: datetime) -> int:
    with runtime.database.writing() as session:
        return deliver(session, now, ALICE).id


@pytest.fixture(autouse=True)
def present(clock: FrozenClock) -> None:
    """The server stamps mail with the machine's time."""
    clock.move_to(datetime.now(clock().tzinfo))


def to_reply(runtime: Runtime, letter: int, text: str = "Hello") -> bytes:
    address = reply_address(runtime.signer, "example.com", letter)
    return answer(text).replace(b"reply@letters.example.com", address.encode())


def test_only_what_concerns_us_comes_in_and_only_once(
    runtime: Runtime, account: Account, letter: int
) -> None:
    ours = to_reply(runtime, letter)
    put(account, PRIVATE, ours, PRIVATE.replace(b"lunch", b"dinner"), dsn(ALICE))
    assert read(runtime, account) == 2
    assert read(runtime, account) == 0
    assert kept(runtime) == [ours, dsn(ALICE)]
    put(account, to_reply(runtime, letter, "Again"))
    assert read(runtime, account) == 1


def test_the_mailbox_shows_no_sign_of_us(runtime: Runtime, account: Account, letter: int) -> None:
    put(account, PRIVATE, to_reply(runtime, letter))
    read(runtime, account)
    with client(account) as box:
        box.select(account.folder, readonly=True)
        assert box.search(None, "UNSEEN") == ("OK", [b"1 2"])


def test_an_answer_to_the_authors_own_address_is_known_by_what_it_answers(
    runtime: Runtime, account: Account, letter: int
) -> None:
    message_id = f"<{runtime.signer.sign(Purpose.REPLY, letter)}@letters.example.com>"
    plain = answer("I read it twice.").replace(b"<issue-1@letters.example.com>", message_id.encode())
    put(account, plain, answer("To somebody else's letter."))
    assert read(runtime, account) == 1
    with runtime.database.writing() as session:
        inbound = session.scalars(select(InboundMail)).one()
        kind = process_inbound(
            session, runtime.clock(), inbound.id, storage=runtime.storage, signer=runtime.signer
        )
    assert kind is InboundKind.REPLY


def test_a_server_that_renumbers_everything_brings_nothing_twice(
    runtime: Runtime, account: Account, letter: int
) -> None:
    first, second = to_reply(runtime, letter, "One"), to_reply(runtime, letter, "Two")
    put(account, first)
    assert read(runtime, account) == 1
    with client(account) as box:
        box.delete(account.folder)
        box.create(account.folder)
    put(account, PRIVATE, first, second)
    read(runtime, account)
    assert kept(runtime) == [first, second]


def test_a_connection_that_breaks_in_the_middle_loses_and_doubles_nothing(
    runtime: Runtime, account: Account, letter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [to_reply(runtime, letter, f"Mail {number}") for number in range(4)]
    put(account, *mails)
    honest, fetched = worker.imap._fetch, []

    def breaking(*arguments: object) -> bytes:
        fetched.append(1)
        if len(fetched) == 3:
            raise ConnectionResetError("gone in the middle of FETCH")
        return honest(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(worker.imap, "_fetch", breaking)
    with pytest.raises(ConnectionResetError), opened(account) as box:
        catch_up(runtime, account, box)
    assert len(kept(runtime)) == 2
    assert read(runtime, account) == 2
    assert kept(runtime) == mails


def test_a_mail_that_comes_while_we_wait_is_taken_at_once(
    runtime: Runtime, account: Account, letter: int
) -> None:
    stop = threading.Event()
    watching = threading.Thread(target=watch, args=(runtime, account, stop))
    watching.start()
    try:
        for number in (1, 2):
            put(account, to_reply(runtime, letter, f"Mail {number}"))
            deadline = time.monotonic() + 20
            while len(kept(runtime)) < number:
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        stop.set()
        put(account, PRIVATE)  # wakes the server's IDLE
        watching.join(20)
    assert not watching.is_alive()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (
            "imaps://mark%40example.com:s%2Fecret@imap.example.com",
            Account("imap.example.com", 993, "mark@example.com", "s/ecret", "INBOX", "implicit"),
        ),
        (
            "imap://mark:x@imap.example.com:1143/Letters?tls=none",
            Account("imap.example.com", 1143, "mark", "x", "Letters", "none"),
        ),
    ],
)
def test_the_setting_says_where_the_mailbox_is(url: str, found: Account, runtime: Runtime) -> None:
    assert read_account(url) == found


@pytest.mark.parametrize(
    "url", ["", "pop3://mark:x@h", "imaps://h", "imap://m:x@h?tls=maybe", "imaps://m@h:port/"]
)
def test_a_setting_that_says_nothing_is_refused_by_name(url: str, runtime: Runtime) -> None:
    with pytest.raises(Misconfigured, match="HANDOFF_IMAP_URL"):
        read_account(url)
