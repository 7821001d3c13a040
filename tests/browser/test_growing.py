"""How a letter finds new readers: handed on by one who is thanked for it, in a real browser."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import render_template
from playwright.sync_api import Page, expect

from app.foundation.settings import Settings
from app.issues.models import IssueKind
from app.issues.publishing import send_now
from app.issues.writing import Draft, create_issue
from app.signup.embedding import allow_origin
from app.subscribers.queries import sign_up_topics
from app.web.factory import create_app
from tests.browser.conftest import LiveSite
from tests.browser.test_reader_pages import complaints
from tests.cast import ALICE, seed_cast
from tests.fixtures.clock import FrozenClock
from worker.publishing import publish_due

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Visit = Callable[..., Page]

LETTER = "Hello {first_name|there}.\n\n::: forward\n[Send it to a colleague](/forward)\n:::\n"


def mailed_link(site: LiveSite, words: str) -> str:
    """Where these words in Alice's letter lead."""
    site.mail_to(ALICE)
    html = site.sink.to(ALICE)[-1].message.get_body(("html",))
    assert html is not None
    found = re.search(rf'<a[^>]* href="([^"]+)"[^>]*>\s*{words}', html.get_content())
    assert found is not None
    return found[1]


@pytest.fixture
def letter(site: LiveSite) -> None:
    """A letter that Alice has got."""
    here, now = site.runtime, site.runtime.clock()
    with here.database.writing() as session:
        seed_cast(session, now, here.address_key)
        issue = create_issue(
            session,
            now - timedelta(hours=2),
            IssueKind.LETTER,
            Draft("Who owns the escalation?", preheader="A line.", markdown=LETTER),
        )
        send_now(session, now, issue.id)
    publish_due(here, now)


@pytest.mark.usefixtures("letter")
def test_a_reader_hands_a_letter_on_and_is_thanked(site: LiveSite, visit: Visit) -> None:
    alice = visit(permissions=["clipboard-read", "clipboard-write"], bypass_csp=True)
    alice.goto(mailed_link(site, "Send it to a colleague"))
    own_page = alice.url
    expect(alice.get_by_role("heading", level=1)).to_have_text("Send it to a colleague")
    assert complaints(alice) == []
    alice.get_by_label("Why this, why them?").fill("Our Monday in one page. See https://spam.example")
    alice.get_by_role("button", name="Make the invitation").click()
    expect(alice.get_by_text("Links and addresses cannot stand here.")).to_be_visible()
    alice.get_by_label("Why this, why them?").fill("Our Monday in one page.")
    alice.get_by_role("button", name="Make the invitation").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Your invitation")
    assert complaints(alice) == []
    alice.get_by_role("button", name="Copy the words").click()
    expect(alice.get_by_text("The words are copied.")).to_be_visible()
    words = str(alice.evaluate("navigator.clipboard.readText()"))
    assert "Our Monday in one page." in words
    link = words.rsplit("\n", 1)[-1]

    dana = visit(person=False)
    dana.goto(link)
    expect(dana.get_by_text("A colleague thought of you")).to_be_visible()
    expect(dana.get_by_text("Hello there.")).to_be_visible()
    assert "Alice" not in dana.content()
    assert own_page.rsplit("/", 1)[-1] not in dana.content()
    dana.get_by_label("Your mail address").fill("dana@example.com")
    dana.get_by_label("The Tuesday letter").check()
    dana.get_by_role("button", name="Subscribe").click()
    expect(dana.get_by_role("heading", level=1)).to_have_text("Check your mail")
    found = re.search(r"http://\S+/confirm/\S+", site.mail_to("dana@example.com"))
    assert found is not None
    dana.goto(found[0])
    dana.get_by_role("button", name="Confirm").click()
    site.mail_to("dana@example.com", 2)

    alice.goto(own_page)
    expect(alice.get_by_text("One colleague has joined through your invitations.")).to_be_visible()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The third sign-up within ten minutes is an attack."""
    return settings.model_copy(update={"alarm_signups": 2})


class Quiet(SimpleHTTPRequestHandler):
    """Files, and no word of it."""

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def elsewhere(site: LiveSite, tmp_path: Path) -> Iterator[str]:
    """Another origin, named in the studio, whose pages carry what the studio gives to paste."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    app = create_app(site.runtime)
    with site.runtime.database.reading() as session, app.test_request_context():
        topics = sign_up_topics(session)
        for name in ("frame", "plain"):
            snippet = render_template(f"admin/_snippet_{name}.html", topics=topics)
            page = f"<!doctype html><html lang='en'><title>Blog</title><h1>Blog</h1>{snippet}"
            (folder / f"{name}.html").write_text(page)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    url = f"http://127.0.0.1:{server.server_port}"
    with site.runtime.database.writing() as session:
        allow_origin(session, site.runtime.clock(), url)
    yield url
    server.shutdown()
    serving.join(10)
    server.server_close()


def test_forms_on_another_site_bring_readers_in_peace_and_under_attack(
    site: LiveSite, elsewhere: str, visit: Visit, clock: FrozenClock
) -> None:
    page = visit(bypass_csp=True)
    page.goto(f"{elsewhere}/frame.html")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your mail address").fill("dana@example.com")
    frame.get_by_label("The Tuesday letter").check()
    clock.advance(seconds=3)
    frame.get_by_role("button", name="Subscribe").click()
    expect(frame.get_by_role("heading", name="Check your mail")).to_be_visible()
    assert "/confirm/" in site.mail_to("dana@example.com")

    for address in ("erin@example.com", "fred@example.com"):  # the second of them has to work for it
        page.goto(f"{elsewhere}/plain.html")
        with page.expect_response("**/embed/stamp") as stamped:
            page.get_by_label("Your mail address").fill(address)
        assert stamped.value.json()["bits"] == (16 if address.startswith("fred") else 0)
        page.get_by_label("The Tuesday letter").check()
        clock.advance(seconds=3)
        page.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_text("a link to confirm your address is on its way")).to_be_visible(timeout=30_000)
        assert "/confirm/" in site.mail_to(address)

    bare = visit(java_script_enabled=False)
    bare.goto(f"{elsewhere}/plain.html")
    bare.get_by_label("Your mail address").fill("gil@example.com")
    bare.get_by_label("The Tuesday letter").check()
    bare.get_by_role("button", name="Subscribe").click()
    expect(bare.get_by_role("heading", name="One more press")).to_be_visible()
    clock.advance(seconds=16)
    bare.get_by_role("button", name="Yes, send me the mail").click()
    expect(bare.get_by_role("heading", name="Check your mail")).to_be_visible()
    assert "/confirm/" in site.mail_to("gil@example.com")


def test_forms_on_a_site_that_nobody_named_are_refused(site: LiveSite, elsewhere: str, visit: Visit) -> None:
    """The same pages under another name are another origin."""
    stranger = elsewhere.replace("127.0.0.1", "localhost")
    page = visit()
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"{stranger}/frame.html")
    assert page.frame_locator("iframe").get_by_label("Your mail address").count() == 0
    page.goto(f"{stranger}/plain.html")
    page.get_by_label("Your mail address").fill("dana@example.com")
    page.get_by_label("The Tuesday letter").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("This form may not be used from there.")).to_be_visible()
    assert site.sink.to("dana@example.com") == []
