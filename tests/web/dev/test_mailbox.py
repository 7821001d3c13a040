"""The development mailbox shows mails safely, and only in development."""

import dataclasses
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient

from app.foundation.mailbox import Mailbox, mailbox_of
from app.web.factory import create_app
from app.wiring import Runtime

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def mailbox(runtime: Runtime) -> Mailbox:
    return mailbox_of(runtime.settings)


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    return create_app(runtime).test_client()


def keep(mailbox: Mailbox, subject: str = "Hello", address: str = "alice@example.org") -> int:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("Plain words")
    message.add_alternative(
        '<html><head><title>Hello</title></head><p>Rich words <a href="https://example.org/go"><b>Go</b> there</a>'
        '<a href="javascript:alert(1)">bad</a><script>alert(1)</script></p></html>',
        subtype="html",
    )
    return mailbox.add("bounce@example.org", [address], message.as_bytes())


def test_an_empty_mailbox_says_what_to_do(client: FlaskClient) -> None:
    assert "Nothing was sent yet" in client.get("/dev/mailbox").text


def test_mails_are_listed_newest_first_in_pages(client: FlaskClient, mailbox: Mailbox) -> None:
    for number in range(51):
        keep(mailbox, f"Mail no. {number}")
    first = client.get("/dev/mailbox").text
    assert first.index("Mail no. 50") < first.index("Mail no. 49")
    assert "Mail no. 0<" not in first
    assert "Mail no. 0<" in client.get("/dev/mailbox?page=2").text


def test_a_mail_shows_its_parts_headers_and_links(client: FlaskClient, mailbox: Mailbox) -> None:
    page = client.get(f"/dev/mailbox/{keep(mailbox)}").text
    assert "Plain words" in page
    assert '<a href="https://example.org/go">Go there</a>' in page
    assert "javascript:" not in page
    assert "multipart/alternative" in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_the_html_part_cannot_run_a_script(client: FlaskClient, mailbox: Mailbox) -> None:
    response = client.get(f"/dev/mailbox/{keep(mailbox)}/html")
    policy = response.headers["Content-Security-Policy"]
    assert "Rich words" in response.text
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert '<head><base target="_blank"><title>' in response.text


def test_the_raw_message_is_a_download(client: FlaskClient, mailbox: Mailbox) -> None:
    number = keep(mailbox)
    response = client.get(f"/dev/mailbox/{number}/raw")
    assert response.data == mailbox.raw(number)
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_the_newest_mail_of_a_reader_is_one_step_away(client: FlaskClient, mailbox: Mailbox) -> None:
    number = keep(mailbox, address="bob@example.org")
    keep(mailbox)
    assert client.get("/dev/mailbox/newest?to=bob@example.org").location == f"/dev/mailbox/{number}"
    assert client.get("/dev/mailbox/newest?to=carol@example.org").status_code == 404


def test_a_subject_with_markup_is_shown_as_text(client: FlaskClient, mailbox: Mailbox) -> None:
    keep(mailbox, "<script>alert(1)</script>")
    assert "<script>alert" not in client.get("/dev/mailbox").text


@pytest.mark.parametrize("path", ["", "/1", "/1/html", "/1/raw", "/newest"])
def test_in_public_there_is_no_mailbox(runtime: Runtime, mailbox: Mailbox, path: str) -> None:
    keep(mailbox)
    public = runtime.settings.model_copy(update={"demo": False, "base_url": "https://letters.example.com"})
    client = create_app(dataclasses.replace(runtime, settings=public)).test_client()
    assert client.get("/dev/mailbox" + path).status_code == 404
