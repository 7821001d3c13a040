"""A letter in parts and a letter by a guest, in a real browser: read, wait for the next part, get it once, leave."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.issues.guests import Guest, set_guest
from app.issues.models import IssueKind
from app.issues.publishing import send_now
from app.issues.series import SeriesForm, create_series, place_in_series
from app.issues.writing import Draft, create_issue
from tests.browser.conftest import LiveSite
from tests.cast import ALICE, seed_cast
from worker.publishing import publish_due

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Visit = Callable[..., Page]

TEXT = (
    "Hello {first_name|there},\n\nWho [owns](https://example.org/own) the handoff?\n\n"
    + "Four people saw it. " * 60
)
GUEST = Guest(
    "Ines Okafor",
    bio="Runs the post room of a hospital and answers what nobody else will.",
    link_url="https://wards.example/ines",
    original_url="https://wards.example/who-pays",
    original_place="The Ward Review",
)


@pytest.fixture
def parts(site: LiveSite) -> list[int]:
    """Two drafts of a series; the second is by a guest."""
    here, now = site.runtime, site.runtime.clock()
    with here.database.writing() as session:
        seed_cast(session, now, here.address_key)
        series = create_series(session, now, SeriesForm("The cost of a yes", "Who pays, and when.", "2"))
        drafts = [
            create_issue(
                session, now, IssueKind.LETTER, Draft(title, preheader="A line about it.", markdown=TEXT)
            )
            for title in ("Who said yes", "Who pays for it")
        ]
        for draft in drafts:
            place_in_series(session, draft.id, series.id)
        set_guest(session, drafts[1].id, GUEST)
        return [draft.id for draft in drafts]


def publish(site: LiveSite, issue_id: int) -> None:
    with site.runtime.database.writing() as session:
        send_now(session, site.runtime.clock(), issue_id)
    publish_due(site.runtime, site.runtime.clock())


def link_in(mail: str, where: str) -> str:
    found = re.search(rf"https?://\S*{where}\S*", mail)
    assert found, mail
    return found[0]


def test_a_reader_waits_for_the_next_part_gets_it_once_and_leaves(
    site: LiveSite, parts: list[int], visit: Visit
) -> None:
    publish(site, parts[0])
    site.mail_to(ALICE)
    page = visit(viewport={"width": 390, "height": 844})
    page.goto(f"{site.url}/issues/who-said-yes")
    expect(page.get_by_text("part 1 of 2")).to_be_visible()
    form = page.get_by_role("region", name="Tune in to the next part")
    form.get_by_label("Your mail address").fill("dana@example.com")
    form.get_by_role("button", name="Tell me when it is out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    page.goto(link_in(site.mail_to("dana@example.com"), "/confirm/"))
    confirm = page.get_by_role("button").first
    if confirm.is_visible():
        confirm.click()
    site.mail_to("dana@example.com", 2)  # the welcome

    publish(site, parts[1])
    assert "a guest" in site.mail_to(ALICE, 2)  # the part itself, and no reminder
    told = site.mail_to("dana@example.com", 3)
    assert "Part 2 of 2" in told
    page.goto(link_in(told, "/issues/who-pays"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Who pays for it")
    assert page.locator("link[rel=canonical]").get_attribute("href") == GUEST.original_url
    expect(page.get_by_role("complementary", name="About the guest")).to_contain_text("post room")
    assert Axe().run(page).response["violations"] == []
    page.goto(link_in(told, "/unsubscribe/"))
    page.get_by_role("button").first.click()
    expect(page.get_by_text("The cost of a yes").first).to_be_visible()
    page.goto(f"{site.url}/series/the-cost-of-a-yes")
    expect(page.get_by_text("That is all of it.")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
