"""Machines that answer: known by RFC 3834's header, by subject, or by several phrases; people never taken for one."""

from email.message import EmailMessage

import pytest

from app.conversation.autoreply import AutoReplyKind, is_auto_reply
from tests.conversation.cases import sections

CASES = [
    (title.partition(": ")[0], title.partition(": ")[2], words)
    for title, words in sections("written_answers.txt")
]
MACHINES = [(subject, words) for kind, subject, words in CASES if kind == "machine"]
PEOPLE = [(subject, words) for kind, subject, words in CASES if kind == "person"]


def mail(subject: str, text: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ana Ruiz <ana@example.com>"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


@pytest.mark.parametrize(("subject", "words"), MACHINES)
def test_a_machine_is_known_by_its_subject_or_its_phrases(subject: str, words: str) -> None:
    assert is_auto_reply(mail(subject, words)) is not None


@pytest.mark.parametrize(("subject", "words"), PEOPLE)
def test_a_person_is_never_taken_for_a_machine(subject: str, words: str) -> None:
    assert is_auto_reply(mail(subject, words)) is None


def test_the_header_of_rfc_3834_is_enough() -> None:
    found = is_auto_reply(mail("Re: Tuesday", "Thanks.", Auto_Submitted="auto-replied (vacation)"))
    assert found is not None
    assert found.reason == "Auto-Submitted: auto-replied"


def test_auto_submitted_no_is_a_person() -> None:
    assert is_auto_reply(mail("Re: Tuesday", "Loved it.", Auto_Submitted="no")) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X_Autoreply", "yes"),
        ("X_Autorespond", "1"),
        ("Precedence", "auto_reply"),
        ("Return_Path", "<>"),
        ("X_POST_MessageClass", "9; Autoresponder"),
        ("Auto_Submitted", "auto-generated"),
    ],
)
def test_older_headers_tell_too(name: str, value: str) -> None:
    found = is_auto_reply(mail("Re: Tuesday", "Thanks.", **{name: value}))
    assert found is not None
    assert found.kind is AutoReplyKind.MACHINE


def test_a_read_receipt_is_no_answer() -> None:
    raw = (
        b"Subject: Read: Tuesday\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nYour message was read.\n--b--\n"
    )
    found = is_auto_reply(raw)
    assert found is not None
    assert found.kind is AutoReplyKind.RECEIPT


def test_a_holiday_notice_and_a_challenge_are_told_apart() -> None:
    away = is_auto_reply(mail("Out of Office: Tuesday", "I am away until Monday."))
    challenge = is_auto_reply(
        mail(
            "Please confirm your message", "Click the link below to deliver your message past my spam filter."
        )
    )
    assert away is not None
    assert challenge is not None
    assert (away.kind, challenge.kind) == (AutoReplyKind.VACATION, AutoReplyKind.CHALLENGE)


def test_a_letter_quoted_below_does_not_make_its_answer_automatic() -> None:
    quoted = "> I am out of the office until Monday. In urgent cases contact Bob.\n"
    text = (
        f"Ha, that notice was mine!\n\nOn 5 Mar 2024, at 10:02, Mark <mark@letters.example> wrote:\n{quoted}"
    )
    assert is_auto_reply(mail("Re: Tuesday", text)) is None
