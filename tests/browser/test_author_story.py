"""An author's Tuesday in a real browser, with real workers: bring a text in, look, schedule, watch it arrive."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect

from app.cli.seed import studio_login_link
from tests.browser.conftest import LiveSite
from tests.cast import ALICE, seed_cast, verified_reader
from tests.fixtures.clock import FrozenClock
from worker.clock import tick

pytestmark = [pytest.mark.browser]

WIDTHS = (1280, 390)
TUESDAY = datetime(2026, 11, 17, 13, 15, tzinfo=UTC)
TEXT = """The handoff nobody owns

You have been in this meeting. Everybody nods.

What to ask

Which decision of yours do customers feel first?

PS: Write back, I read everything.
"""


@pytest.fixture
def page(visit: Callable[..., Page], site: LiveSite) -> Iterator[Page]:
    """A fresh browser; a word on its console fails the test (a refused script or style is one)."""
    page = visit(base_url=site.url, viewport={"width": 1280, "height": 900}, color_scheme="null")
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def way_in(site: LiveSite) -> str:
    """A one-time link for the demo's author."""
    here = site.runtime
    with here.database.writing() as session:
        return studio_login_link(session, here.clock(), here.settings)


def add_readers(site: LiveSite) -> None:
    """Alice and twenty others read the letter; Bob and Carol do not."""
    here = site.runtime
    with here.database.writing() as session:
        cast = seed_cast(session, here.clock(), here.address_key)
        for n in range(20):
            verified_reader(session, here.clock(), here.address_key, f"reader{n}@example.org", cast.letter_id)


def look_over(page: Page, complaints: list[str]) -> None:
    """What axe and a narrow screen hold against the page."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        complaints += [f"{page.url}: {each['id']}: {each['nodes'][0]['target']}" for each in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            complaints.append(f"{page.url} is wider than {width}")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_an_author_brings_a_text_in_and_watches_it_arrive(
    page: Page, site: LiveSite, clock: FrozenClock
) -> None:
    add_readers(site)
    complaints: list[str] = []

    page.goto(way_in(site))
    look_over(page, complaints)
    page.get_by_role("button", name="Sign me in").click()
    expect(page.get_by_role("heading", name="Good to see you, Mark")).to_be_visible()
    look_over(page, complaints)

    page.get_by_role("link", name="Bring one in").click()
    look_over(page, complaints)
    page.get_by_label("Or paste the text").fill(TEXT)
    page.get_by_role("button", name="Make a draft of it").click()
    look_over(page, complaints)
    page.get_by_role("link", name="Open the draft").click()

    preview = page.frame_locator("iframe[name=preview]")
    expect(preview.get_by_role("heading", name="The handoff nobody owns")).to_be_visible()
    page.get_by_label("Text", exact=True).press("Control+Home")
    page.get_by_label("Text", exact=True).type("Dear {first_name|reader},\n\n")
    expect(preview.get_by_text("Dear Ada,")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Not saved yet")).to_be_visible()
    for name, words in (("Plain text", "Dear Ada,"), ("Web page", "Dear reader,"), ("Phone", "Dear Ada,")):
        page.get_by_role("button", name=name).click()
        expect(preview.get_by_text(words)).to_be_visible()
    for name, dark in (("Dark", True), ("Mail", False)):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(f"#stage[data-form={'dark' if dark else 'desktop'}]")).to_be_visible()
        shown = page.frames[-1].evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert shown is dark
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    look_over(page, complaints)

    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test is on its way")).to_be_visible()
    assert "Dear Mark," in site.mail_to("mark@letters.example.com")
    assert [message.message["Subject"] for message in site.sink.messages] == [
        "[Test] The handoff nobody owns"
    ]
    site.sink.messages.clear()

    page.get_by_role("link", name="Schedule…").click()
    expect(page.get_by_text("21 people would get it")).to_be_visible()
    look_over(page, complaints)
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_text("goes out Tuesday 17 November 2026, 8:15 am New York time (EST)")).to_be_visible()
    look_over(page, complaints)

    page.goto("/admin/issues/1/ledger")
    clock.move_to(TUESDAY)
    tick(site.runtime, clock())
    expect(page.get_by_text("of 21 accepted")).to_be_visible(timeout=10_000)
    look_over(page, complaints)
    expect(page.locator("#numbers .big")).to_have_text("21", timeout=10_000)
    expect(page.get_by_text("done", exact=True)).to_be_visible()

    page.get_by_role("link", name="Who got it").click()
    look_over(page, complaints)
    page.get_by_label("Name or address").fill("alice")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=ALICE).click()
    expect(page.get_by_text("accepted").first).to_be_visible()
    look_over(page, complaints)
    page.goto("/issues/the-handoff-nobody-owns")
    expect(page.get_by_text("Dear reader,")).to_be_visible()

    got = sorted(recipient for message in site.sink.messages for recipient in message.recipients)
    assert got == sorted([ALICE, *(f"reader{n}@example.org" for n in range(20))])
    assert "Dear Alice," in site.mail_to(ALICE)
    assert complaints == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_other_page_of_the_studio_is_clean(page: Page, site: LiveSite) -> None:
    complaints: list[str] = []
    page.goto("/admin/")
    look_over(page, complaints)
    page.get_by_label("Mail address").fill("nobody@example.org")
    page.get_by_role("button", name="Mail me a link instead").click()
    look_over(page, complaints)
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    for path in (
        "issues",
        "issues/new",
        "readers",
        "readers?search=nobody",
        "settings",
        "account",
        "nowhere",
    ):
        page.goto(f"/admin/{path}")
        look_over(page, complaints)
    page.emulate_media(color_scheme="dark")
    for path in ("", "readers", "settings", "issues/new?way=import"):
        page.goto(f"/admin/{path}")
        look_over(page, complaints)
    assert complaints == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_words_that_were_never_saved_survive_a_session_that_ended(page: Page, site: LiveSite) -> None:
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.goto("/admin/issues/new")
    page.get_by_label("Title").fill("Long work")
    page.get_by_role("button", name="Start writing").click()
    page.get_by_label("Text", exact=True).fill("An hour of writing.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("what you were writing waits in this browser")).to_be_visible()
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.goto("/admin/issues/1/edit")
    page.get_by_role("button", name="Put them back").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("An hour of writing.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_scripts_the_studio_works_all_the_same(visit: Callable[..., Page], site: LiveSite) -> None:
    page = visit(base_url=site.url, java_script_enabled=False)
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.goto("/admin/issues/new")
    page.get_by_label("Title").fill("No scripts")
    page.get_by_role("button", name="Start writing").click()
    page.get_by_label("Text", exact=True).fill("Dear {first_name|reader},")
    page.get_by_role("button", name="Mail", exact=True).click()
    expect(page.frame_locator("iframe[name=preview]").get_by_text("Dear Ada,")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert re.search(r"/edit\?said=saved$", page.url)
