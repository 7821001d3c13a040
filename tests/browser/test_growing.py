"""How a letter finds new readers: handed on by one who is thanked for it, in a real browser."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.issues.models import IssueKind
from app.issues.publishing import send_now
from app.issues.writing import Draft, create_issue
from tests.browser.conftest import LiveSite
from tests.browser.test_reader_pages import complaints
from tests.cast import ALICE, seed_cast
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
