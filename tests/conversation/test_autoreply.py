"""Machines that answer: known by RFC 3834's header, by subject, or by several phrases; people never taken for one."""

from email.message import EmailMessage

import pytest

from app.conversation.autoreply import AutoReplyKind, is_auto_reply


def mail(subject: str, text: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ana <ana@example.com>"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_the_header_of_rfc_3834_is_enough() -> None:
    found = is_auto_reply(mail("Re: Tuesday", "Thanks.", Auto_Submitted="auto-replied (vacation)"))
    assert found is not None
    assert found.reason == "Auto-Submitted: auto-replied"


def test_auto_submitted_no_is_a_person() -> None:
    assert is_auto_reply(mail("Re: Tuesday", "Loved it.", Auto_Submitted="no")) is None


@pytest.mark.parametrize("subject", ["Re: Tuesday", "AW: Dienstag", "Out of office culture is what ails us"])
def test_a_person_is_not_a_machine(subject: str) -> None:
    text = "I'm on holiday this week but I loved the letter. How do you find the time?"
    assert is_auto_reply(mail(subject, text)) is None


def test_a_holiday_notice_is_known_by_its_words() -> None:
    text = "I am out of the office until 14 March. In urgent cases please contact Bob. I will answer when I return."
    found = is_auto_reply(mail("Re: Tuesday", text))
    assert found is not None
    assert found.kind is AutoReplyKind.VACATION
