"""A reader's story in a real browser, with the links taken from the mail that was really sent."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.guides.models import Grant, GrantState
from app.subscribers.models import SubscriberState, SubscriptionState
from app.subscribers.queries import find_subscriber, subscriptions_of
from tests.browser.conftest import LiveSite

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
DANA = "dana@example.com"
Visit = Callable[..., Page]


def link(site: LiveSite, text: str, start: str) -> str:
    found = re.search(re.escape(site.url) + start + r"[a-z0-9/-]+", text)
    assert found, text
    return found[0]


def ask_for_guide(site: LiveSite, page: Page, *letters: str) -> None:
    page.goto(f"{site.url}/guides/cx-buy-in")
    page.get_by_label("Your mail address").fill(DANA)
    for letter in letters:
        page.get_by_label(letter).check()
    page.get_by_role("button", name="Send me the guide").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")


def state(site: LiveSite) -> SubscriberState:
    with site.runtime.database.reading() as session:
        dana = find_subscriber(session, DANA)
        assert dana is not None
        return dana.state


def grant(site: LiveSite) -> GrantState:
    with site.runtime.database.reading() as session:
        return session.scalars(select(Grant.state)).one()


def wiggle(page: Page) -> None:
    """What a hand does when a page appears."""
    page.wait_for_timeout(300)
    page.mouse.move(200, 300)
    page.mouse.move(220, 310)


def test_a_person_moves_from_form_to_guide_without_a_spare_press(site: LiveSite, visit: Visit) -> None:
    page = visit()
    ask_for_guide(site, page, "The Tuesday letter")
    page.goto(link(site, site.mail_to(DANA), "/confirm/"))
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    assert state(site) is SubscriberState.UNVERIFIED
    wiggle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are in.")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert state(site) is SubscriberState.VERIFIED
    page.goto(link(site, site.mail_to(DANA, 2), "/guides/cx-buy-in/download/"))
    assert grant(site) is GrantState.GRANTED
    with page.expect_download() as download:
        wiggle(page)
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert re.fullmatch(r"cx-buy-in-[\d.]+\.pdf", download.value.suggested_filename)
    expect(page.get_by_text("Your download has begun.")).to_be_visible()
    assert grant(site) is GrantState.DOWNLOADED


def test_without_javascript_every_step_has_its_button(site: LiveSite, visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    ask_for_guide(site, page)
    page.goto(link(site, site.mail_to(DANA), "/confirm/"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, that is confirmed.")
    page.get_by_role("link", name="Get the guide now").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the guide").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    with site.runtime.database.reading() as session:
        dana = find_subscriber(session, DANA)
        assert dana is not None
        assert subscriptions_of(session, dana.id) == {}


@pytest.mark.parametrize("person", [False, True], ids=["says it is a program", "says nothing"])
def test_a_scanner_that_runs_scripts_confirms_nothing(site: LiveSite, visit: Visit, person: bool) -> None:
    """It renders the page, scrolls it for a picture, and makes events of its own."""
    ask_for_guide(site, visit())
    scanner = visit(person=person)
    scanner.goto(link(site, site.mail_to(DANA), "/confirm/"))
    scanner.wait_for_timeout(300)
    scanner.evaluate(
        """() => {
            for (const name of ["pointermove", "pointerdown", "touchstart", "wheel", "keydown", "focus", "click"])
                for (const target of [window, document, document.querySelector("main")])
                    target.dispatchEvent(new Event(name, { bubbles: true }));
            scrollTo(0, document.body.scrollHeight);
        }"""
    )
    scanner.screenshot(full_page=True)
    scanner.wait_for_timeout(300)
    expect(scanner.get_by_role("button", name="Confirm")).to_be_visible()
    assert state(site) is SubscriberState.UNVERIFIED


def test_one_press_leaves_and_one_takes_it_back(site: LiveSite, visit: Visit) -> None:
    page = visit()
    page.goto(site.url)
    page.get_by_label("Your mail address").fill(DANA)
    page.get_by_label("The Tuesday letter").check()
    page.get_by_role("button", name="Subscribe").click()
    page.goto(link(site, site.mail_to(DANA), "/confirm/"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are in.")
    page.goto(link(site, site.mail_to(DANA, 2), "/unsubscribe/"))
    page.get_by_role("button", name="Yes").first.click()
    assert states(site) == {SubscriptionState.LEFT}
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Good to have you back")
    assert states(site) == {SubscriptionState.ON}
    page.get_by_role("link", name="Choose what you get").click()
    page.get_by_label("First name").fill("www.evil.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("First name")).to_be_focused()
    page.get_by_label("First name").fill("Dana")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")


def states(site: LiveSite) -> set[SubscriptionState]:
    with site.runtime.database.reading() as session:
        dana = find_subscriber(session, DANA)
        assert dana is not None
        return set(subscriptions_of(session, dana.id).values())
