"""Three hundred mails as a relay gets them: every signature verified by other people's code, every rule looked at."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select

from app.cli.seed import seed_installation
from app.delivery.dkim import public_record
from app.delivery.due import due_editions
from app.delivery.notices import Notice, tell_authors
from app.foundation.addresses import parse_address
from app.issues.models import IssueKind
from app.issues.publishing import send_now
from app.issues.writing import Draft, create_issue
from app.signup.desk import Desk
from app.signup.joining import JoinForm, ask_to_join
from app.subscribers.consent import Evidence
from app.subscribers.models import Function, Subscriber, Topic
from app.wiring import Runtime
from tests.cast import verified_reader
from tests.delivery.linter import Captured, lint
from tests.fixtures.smtp_sink import SmtpSink
from worker.jobs.sending import send_edition
from worker.publishing import publish_due
from worker.state import using_runtime

LETTERS = 270
OTHERS = 30
NAMES = (
    "Ann",
    "Jürgen",
    "Zoë-Maria Ångström",
    "Ольга",
    "王小明",
    "مريم",
    'O\'Neil, "Bob"',
    "x" * 120,
    "=?utf-8?q?not?=",
    "<b>Bold</b> & Söhne",
    "😀 Sam",
    ".dot",
    "",
)
TEXT = (
    """Dear {first_name|reader},

Who [owns the handoff](https://example.org/own?a=1&b=2)? Nobody, says *everybody* – “perhaps”.

::: for finance
Only finance reads this: [the sheet](https://example.org/sheet).
:::

.

A line that begins with a dot, and one long word: """
    + "handoff" * 60
    + """

- one [link](https://example.org/one)
- another [link](https://example.org/two)

PS: Write back to {email}.
"""
)


@pytest.fixture
def keys(tmp_path: Path) -> dict[bytes, bytes]:
    """Two keys on disk; what DNS says of them."""
    records = {}
    for name, key in (
        ("handoff", rsa.generate_private_key(65537, 2048)),
        ("handoff-ed25519", ed25519.Ed25519PrivateKey.generate()),
    ):
        (tmp_path / f"{name}.pem").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        records[f"{name}._domainkey.letters.example.com.".encode()] = public_record(key).encode()
    return records


@pytest.fixture
def here(runtime: Runtime, smtp_sink: SmtpSink, keys: dict[bytes, bytes], tmp_path: Path) -> Runtime:
    """An installation as it is in public: addresses for bounces and answers, https, two keys."""
    given = {
        "smtp_url": smtp_sink.url,
        "reply_domain": "reply.letters.example.com",
        "bounce_domain": "bounce.letters.example.com",
        "dkim_domain": "letters.example.com",
        "dkim_key_file": tmp_path / "handoff.pem",
        "dkim_ed25519_key_file": tmp_path / "handoff-ed25519.pem",
    }
    here = replace(runtime, settings=runtime.settings.model_copy(update=given))
    with here.database.writing() as session:
        seed_installation(session, here.clock(), here.settings)
    return here


def send_everything(here: Runtime) -> None:
    with using_runtime(here):
        while True:
            with here.database.reading() as session:
                due = due_editions(session, here.clock())
            if not due:
                return
            for edition in due:
                send_edition(edition.edition_id)


def send_a_letter(here: Runtime) -> None:
    """To readers with every sort of name and function."""
    now = here.clock()
    with here.database.writing() as session:
        topic_id = session.scalars(select(Topic.id).where(Topic.slug == "letter")).one()
        for n in range(LETTERS):
            reader = verified_reader(
                session,
                now,
                here.address_key,
                f"r{n}@{'x' * (n % 50 + 1)}.example.org",
                topic_id,
                first_name=NAMES[n % len(NAMES)],
            )
            session.get_one(Subscriber, reader.id).function = list(Function)[n % len(Function)]
        words = Draft("{first_name|Reader}, who owns it? – Größe", preheader="Ask two people.", markdown=TEXT)
        send_now(session, now, create_issue(session, now, IssueKind.LETTER, words).id)
    publish_due(here, now)


def send_single_mails(here: Runtime) -> None:
    """Confirmations, and notices to the author."""
    now = here.clock()
    desk = Desk(here.signer, here.links, here.address_key, here.settings.emails_dir)
    with here.database.writing() as session:
        for n in range(OTHERS - 1):
            form = JoinForm(
                parse_address(f"new{n}@example.org"), Evidence("home"), frozenset({"letter"}), None
            )
            ask_to_join(session, now, desk, form)
        notice = Notice("Something – happened", ("It was this.",) * 8, "Look", here.links.admin())
        tell_authors(
            session, now, notice, emails_dir=here.settings.emails_dir, links=here.links, occasion="tests"
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_three_hundred_mails_keep_every_rule(
    here: Runtime, smtp_sink: SmtpSink, keys: dict[bytes, bytes]
) -> None:
    send_a_letter(here)
    send_single_mails(here)
    send_everything(here)
    captured = [Captured(each.sender, each.recipients[0], each.data) for each in smtp_sink.messages]
    assert len(captured) == LETTERS + OTHERS
    broken: Counter[str] = Counter()
    unverified = 0
    for each in captured:
        broken.update(lint(each, bulk=b"\r\nList-Id:" in each.data))
        verifier = dkim.DKIM(each.data)
        found = len(re.findall(rb"(?m)^DKIM-Signature:", each.data))
        assert found == 2
        holds = [verifier.verify(idx=n, dnsfunc=lambda name, timeout=5: keys.get(name)) for n in range(found)]
        unverified += holds != [True, True]
    assert broken == Counter()
    assert unverified == 0
    found_ids = [re.findall(rb"(?m)^Message-ID: *(<\S+>)", each.data)[0] for each in captured]
    assert len(set(found_ids)) == len(captured)
    names = {tuple(re.findall(rb"(?m)^Feedback-ID: *(\S+)", each.data)) for each in captured}
    assert len(names) <= 3  # nothing in it may tell one reader from another


GOOD = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=dcx.example; s=h; h=from:from:to:to:subject:subject:date:"
    b"date:\r\n message-id:mime-version:content-type:content-type:list-unsubscribe:list-unsubscribe-post:list-id:\r\n"
    b" feedback-id; bh=x; b=y\r\n"
    b"From: Mark <mark@dcx.example>\r\nTo: ann@example.org\r\nSubject: Hello\r\n"
    b"Date: Tue, 24 Nov 2026 13:15:00 +0000\r\nMessage-ID: <a.1@dcx.example>\r\n"
    b"List-Id: Letter <letter.dcx.example>\r\nList-Unsubscribe: <https://dcx.example/unsubscribe/x>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFeedback-ID: 1:letter:bulk:handoff\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
    + b"Words that are long enough to be real.\r\n"
    * 4
    + b"https://dcx.example/unsubscribe/x\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
    b'<html lang="en"><head><title>T</title>\r\n<meta name="color-scheme"></head><body>\r\n'
    b'<a href="https://dcx.example/unsubscribe/x">Leave</a></body></html>\r\n--b--\r\n'
)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (b"nothing", b"changed", ""),
        (b"To: ann", b"To: bob@example.org, ann", "To header"),
        (b"Subject: Hello\r\n", b"Subject: Hello\r\nSubject: Hello\r\n", "Subject must stand"),
        (b"One-Click", b"one-click", "8058"),
        (b"<https://dcx", b"<https://a.example/>, <https://dcx", "8058"),
        (b"Message-ID: <a.1@dcx.example>", b"Message-ID: <a.1@other.example>", "3.6.4"),
        (b"bulk:handoff", b"bulk:h", "Feedback"),
        (b"long enough", "gro\u00df genug".encode(), "above 127"),
        (b"Hello\r\n", b"Hello\n", "bare"),
        (b'lang="en"', b"", "lang"),
        (b"to be real", b"to be real <p>", "HTML in the text"),
        (b"Leave</a>", b"Leave</a><img src=x>", "alt"),
        (b"Words that", b"zqslot0001qz that", "filled in"),
        (b"from:from", b"from", "added unnoticed"),
        (b"list-id:", b"", "list-id is not signed"),
        (b"d=dcx.example", b"d=other.example", "DMARC"),
        (b"c=relaxed", b"l=10; c=relaxed", "body length"),
        (b"text/plain", b"text/html", "plain first"),
    ],
)
def test_the_linter_names_what_is_broken(before: bytes, after: bytes, named: str) -> None:
    captured = Captured("bounce+x@dcx.example", "ann@example.org", GOOD.replace(before, after, 1))
    found = lint(captured, bulk=True)
    assert any(named in each for each in found) if named else found == []
