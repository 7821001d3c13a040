"""The listener says yes only to what it has, and to each recipient by itself."""

import asyncio
import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

import worker.lmtp
from app.conversation.models import InboundMail
from app.conversation.receiving import MAX_MAIL_BYTES, read_raw, register_raw
from app.foundation.jobs import Ring, SilentDoorbell
from app.wiring import Runtime
from tests.fixtures.supervised import eventually
from worker.lmtp import serve

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HERE = "127.0.0.1"
MAIL = b"From: alice@example.org\r\nSubject: hello\r\n\r\nHello there.\r\n"


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HERE, port)) == 0


@contextmanager
def listening(runtime: Runtime) -> Iterator[int]:
    """The listener on a free port, in a thread of its own."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(runtime, HERE, port, stop),))
    thread.start()
    try:
        assert eventually(lambda: answers(port)), "the listener did not come up"
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(15)
        loop.close()


@pytest.fixture
def port(runtime: Runtime) -> Iterator[int]:
    with listening(runtime) as port:
        yield port


def kept(runtime: Runtime) -> list[InboundMail]:
    with runtime.database.reading() as session:
        mails = list(session.scalars(select(InboundMail).order_by(InboundMail.id)))
        session.expunge_all()
        return mails


class Lmtp(smtplib.LMTP):
    """smtplib's client, with the answers after the dot one by one."""

    def hand_over(self, recipients: list[str], mail: bytes) -> list[int]:
        self.ehlo_or_helo_if_needed()
        self.mail("")
        for recipient in recipients:
            self.rcpt(recipient)
        first, _ = self.data(mail)
        return [first, *(self.getreply()[0] for _ in recipients[1:])]


def test_a_mail_is_kept_as_it_came_before_yes_is_said(
    runtime: Runtime, port: int, doorbell: SilentDoorbell
) -> None:
    with Lmtp(HERE, port) as client:
        assert client.hand_over(["reply+abc@127.0.0.1"], MAIL) == [250]
    [mail] = kept(runtime)
    assert read_raw(runtime.storage, mail.storage_key) == MAIL
    assert (mail.via, mail.envelope_from, mail.envelope_to) == ("lmtp", "", "reply+abc@127.0.0.1")
    assert doorbell.rings == [Ring("inbound.process", (mail.id,))]


def test_plain_smtp_is_spoken_too(runtime: Runtime, port: int) -> None:
    with smtplib.SMTP(HERE, port) as client:
        assert client.sendmail("alice@example.org", ["mark@127.0.0.1"], MAIL) == {}
    assert [mail.via for mail in kept(runtime)] == ["smtp"]


def test_each_recipient_gets_an_answer_of_its_own(
    runtime: Runtime, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(*arguments: object, **named: object) -> object:
        if "bounce" in str(arguments[2]):
            raise OSError("disk full")
        return register_raw(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(worker.lmtp, "register_raw", forgetful)
    with Lmtp(HERE, port) as client:
        answers = client.hand_over(["reply@127.0.0.1", "bounce@127.0.0.1", "leave@127.0.0.1"], MAIL)
    assert answers == [250, 451, 250]
    assert [mail.envelope_to for mail in kept(runtime)] == ["reply@127.0.0.1", "leave@127.0.0.1"]


def test_a_full_disk_leaves_the_mail_with_the_sender(runtime: Runtime, port: int, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    with Lmtp(HERE, port) as client:
        assert client.hand_over(["reply@127.0.0.1"], MAIL) == [451]
    assert kept(runtime) == []


def test_a_mail_sent_again_after_a_lost_answer_is_kept_once(runtime: Runtime, port: int) -> None:
    for _ in range(3):
        with Lmtp(HERE, port) as client:
            assert client.hand_over(["reply@127.0.0.1"], MAIL) == [250]
    assert len(kept(runtime)) == 1


def test_mail_for_other_domains_is_refused(runtime: Runtime, port: int) -> None:
    with smtplib.SMTP(HERE, port) as client, pytest.raises(smtplib.SMTPRecipientsRefused, match="no mail"):
        client.sendmail("alice@example.org", ["someone@example.com"], MAIL)
    assert kept(runtime) == []


def test_a_mail_over_the_limit_is_refused_to_every_recipient(runtime: Runtime, port: int) -> None:
    line = b"x" * 70 + b"\r\n"
    with Lmtp(HERE, port, timeout=60) as client:
        answers = client.hand_over(
            ["a@127.0.0.1", "b@127.0.0.1"], MAIL + line * (MAX_MAIL_BYTES // len(line) + 2)
        )
        assert answers == [552, 552]
        assert client.hand_over(["a@127.0.0.1"], MAIL) == [250]


def test_a_smuggled_second_message_stays_inside_the_first(runtime: Runtime, port: int) -> None:
    smuggled = b"MAIL FROM:<evil@example.org>\nRCPT TO:<mark@127.0.0.1>\nDATA\nSubject: second\n\nboo"
    for index, end in enumerate((b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r")):
        raw = b"Subject: first %d\r\n\r\nhello" % index + end + smuggled + b"\r\n.\r\n"
        with socket.create_connection((HERE, port), timeout=20) as peer, peer.makefile("rwb") as wire:
            wire.readline()
            for command in (b"LHLO x", b"MAIL FROM:<a@example.org>", b"RCPT TO:<mark@127.0.0.1>", b"DATA"):
                wire.write(command + b"\r\n")
                wire.flush()
                while wire.readline()[3:4] == b"-":
                    pass
            wire.write(raw)
            wire.flush()
            assert wire.readline().startswith(b"250")
            wire.write(b"QUIT\r\n")
            wire.flush()
            assert wire.readline().startswith(b"221")
    assert len(kept(runtime)) == 5


def test_too_many_connections_are_asked_to_come_back(
    runtime: Runtime, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.lmtp, "MAX_CONNECTIONS", 3)
    with ExitStack() as held:
        peers = [held.enter_context(socket.create_connection((HERE, port), timeout=20)) for _ in range(4)]
        greetings = [peer.recv(100)[:9] for peer in peers]
    assert greetings[0].startswith(b"220")
    assert greetings[-1] == b"421 4.3.2"
