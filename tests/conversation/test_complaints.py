"""Feedback reports: a person's complaint stops mail at once, when it is proved to be about a mail of ours."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.inspecting import inspect_mail
from app.conversation.models import InboundKind
from app.delivery.verp import bounce_address, leave_address, reply_address
from app.foundation.tokens import Purpose, Signer
from app.subscribers.models import Suppression, SuppressionReason
from app.wiring import Runtime
from tests.conversation.letters import deliver, dsn
from tests.conversation.test_routing import ALICE, DOMAIN, take_in

LOOP = "fbl@letters.example.com"


def report(feedback: str = "abuse", *, returned: str = "", fields: str = "") -> bytes:
    """A feedback report as RFC 5965 draws it."""
    return f"""\
From: <abusedesk@provider.example>
To: <{LOOP}>
Subject: FW: Start with the waiting room
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for a message received from 192.0.2.1.

--part
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1
{fields}
--part
Content-Type: message/rfc822

From: <mark@letters.example.com>
To: <redacted@provider.example>
Subject: Start with the waiting room
{returned}Date: Tue, 24 Nov 2026 08:15:03 -0500

Hello.

--part--
""".replace("\n", "\r\n").encode()


def reasons(session: Session) -> list[SuppressionReason]:
    return list(session.scalars(select(Suppression.reason)))


@pytest.mark.parametrize("feedback", ["abuse", "opt-out", "Abuse"])
def test_a_complaint_to_the_bounce_address_suppresses_at_once(
    runtime: Runtime, session: Session, now: datetime, feedback: str
) -> None:
    delivery = deliver(session, now, ALICE)
    address = bounce_address(runtime.signer, DOMAIN, delivery.id)
    assert take_in(runtime, session, now, report(feedback), address) is InboundKind.COMPLAINT
    assert reasons(session) == [SuppressionReason.COMPLAINT]


@pytest.mark.parametrize("feedback", ["auth-failure", "not-spam", "fraud", "virus", "other", ""])
def test_what_is_no_persons_complaint_suppresses_nobody(
    runtime: Runtime, session: Session, now: datetime, feedback: str
) -> None:
    delivery = deliver(session, now, ALICE)
    address = bounce_address(runtime.signer, DOMAIN, delivery.id)
    assert take_in(runtime, session, now, report(feedback), address) is InboundKind.OTHER
    assert reasons(session) == []


@pytest.mark.parametrize("token", ["return-path", "reply-to", "list-unsubscribe", "mailto", "message-id"])
def test_a_feedback_loop_is_proved_by_the_mail_it_returns(
    runtime: Runtime, session: Session, now: datetime, token: str
) -> None:
    delivery = deliver(session, now, ALICE)
    signer = runtime.signer
    link = signer.sign(Purpose.UNSUBSCRIBE, delivery.recipient_id, 0, delivery.id)
    returned = {
        "return-path": f"Return-Path: <{bounce_address(signer, DOMAIN, delivery.id)}>\n",
        "reply-to": f"Reply-To: Mark <{reply_address(signer, DOMAIN, delivery.id)}>\n",
        "list-unsubscribe": f"List-Unsubscribe: <https://letters.example.com/unsubscribe/{link}>\n",
        "mailto": f"List-Unsubscribe: <mailto:{leave_address(signer, DOMAIN, 1, 0, delivery.id)}>\n",
        "message-id": f"Message-ID: <{signer.sign(Purpose.REPLY, delivery.id)}@letters.example.com>\n",
    }[token]
    if token != "message-id":
        returned += "Message-ID: <1@letters.example.com>\n"
    assert take_in(runtime, session, now, report(returned=returned), LOOP) is InboundKind.COMPLAINT
    assert reasons(session) == [SuppressionReason.COMPLAINT]


def test_a_strangers_complaint_about_a_reader_changes_nothing(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    forged = bounce_address(Signer(b"a stranger's key"), DOMAIN, delivery.id)
    fields = f"Original-Rcpt-To: <{ALICE}>\nAuthentication-Results: letters.example.com; dkim=pass\n"
    raw = report(fields=fields, returned=f"Return-Path: <{forged}>\nMessage-ID: <1@letters.example.com>\n")
    assert take_in(runtime, session, now, raw, LOOP) is InboundKind.COMPLAINT
    assert reasons(session) == []


def test_a_bounce_is_proved_only_by_the_door_that_readers_never_see(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    delivery = deliver(session, now, ALICE)
    reply = reply_address(runtime.signer, DOMAIN, delivery.id)
    head = b"Content-Type: text/rfc822-headers\r\n\r\n"
    for field in (f"Reply-To: {reply}", f"Return-Path: <{reply}>"):
        take_in(runtime, session, now, dsn(ALICE).replace(head, head + field.encode() + b"\r\n"), LOOP)
    assert reasons(session) == []
    bounce = f"Return-Path: <{bounce_address(runtime.signer, DOMAIN, delivery.id)}>\r\n".encode()
    take_in(runtime, session, now, dsn(ALICE).replace(head, head + bounce), LOOP)
    assert reasons(session) == [SuppressionReason.HARD_BOUNCE]


def test_inspecting_names_who_complained() -> None:
    found = inspect_mail(report(fields=f"Original-Rcpt-To: <{ALICE}>\n"))
    assert [(one.address, one.action.value, one.hard) for one in found.recipients] == [
        (ALICE, "complained", False)
    ]
