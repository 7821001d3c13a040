"""The catcher takes every mail, keeps it byte for byte, and stays off in public."""

import os
import re
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.foundation.errors import NotFound
from app.foundation.mailbox import Mailbox

MAIL = b"From: a@example.org\r\nSubject: Caf\xc3\xa9 and a guide\r\n\r\n.a line with a dot\r\n"


def start_catcher(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "worker.catcher", "--port", "0", "--folder", str(folder)],
        env={**os.environ, "HANDOFF_DATA_DIR": str(folder), "PYTHONPATH": ".", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def catcher_port(tmp_path: Path) -> Iterator[int]:
    process = start_catcher(tmp_path)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"keeping mail on 127\.0\.0\.1:(\d+)", line)
    assert found, line
    yield int(found[1])
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_mail_is_kept_byte_for_byte(catcher_port: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", catcher_port) as client:
        client.sendmail("bounce+1@example.org", ["Alice@example.org", "bob@example.org"], MAIL, ["SMTPUTF8"])
    mailbox = Mailbox(tmp_path)
    [mail] = mailbox.newest()
    assert mailbox.raw(mail.id) == MAIL
    assert mail.sender == "bounce+1@example.org"
    assert mail.recipients == ("alice@example.org", "bob@example.org")
    assert mail.subject == "Café and a guide"


def test_the_null_sender_is_taken(catcher_port: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", catcher_port) as client:
        client.sendmail("", ["alice@example.org"], MAIL, ["SMTPUTF8"])
    assert Mailbox(tmp_path).newest()[0].sender == ""


def test_mails_are_found_by_address_newest_first(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    for number in range(3):
        mailbox.add("", ["alice@example.org"], b"Subject: %d\r\n\r\n" % number)
    mailbox.add("", ["bob@example.org"], b"Subject: other\r\n\r\n")
    assert [mail.subject for mail in mailbox.newest(address="Alice@example.org")] == ["2", "1", "0"]
    assert [mail.subject for mail in mailbox.newest(limit=2, offset=1)] == ["2", "1"]
    assert mailbox.count() == 4
    assert mailbox.count("alice@example.org") == 3


def test_a_mail_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Mailbox(tmp_path).raw(1)


def test_the_catcher_refuses_to_run_in_public(tmp_path: Path) -> None:
    process = start_catcher(tmp_path, HANDOFF_BASE_URL="https://letters.example.com")
    output, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "the mail catcher shows every token and stays off in public" in output
