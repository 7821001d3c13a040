"""The inbox by keyboard alone: find, open, answer, put off, sort, search, with nothing held against any page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.conversation.models import Lane, Thread, ThreadState
from tests.browser.conftest import LiveSite
from tests.browser.test_author_story import look_over, way_in
from tests.browser.test_studio_writing import shoot
from tests.conversation.clients import CLIENTS, Answer
from tests.conversation.letters import deliver
from tests.conversation.post import reply_to

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

READERS = (
    ("Ines Arden", "ines@example.org", "We put one list on the wall between the two rooms."),
    ("Tomas Berg", "tomas@example.org", "How do I get finance into the room? I am stuck."),
    ("Priya Nair", "priya@example.org", "Thank you, Mark. Hello from Pune."),
    ("Ola Lind", "ola@example.org", "The link to the map does not open, can you help?"),
)


def hear_readers(site: LiveSite) -> None:
    """Four answers from four mail programs, an hour apart; Ines wrote last."""
    here = site.runtime
    with here.database.writing() as session:
        for number, (name, address, words) in enumerate(reversed(READERS)):
            letter = deliver(session, here.clock(), address)
            said = Answer(
                address, name, words, "x@example.com", "Start", "<l@example.com>", "A letter.", number
            )
            thread = reply_to(here, session, here.clock(), letter, CLIENTS[number](said))
            thread.subject = f"Re: {words[:20]}"


def state_of(site: LiveSite, address: str) -> tuple[ThreadState, Lane]:
    with site.runtime.database.reading() as session:
        rows = session.scalars(select(Thread).order_by(Thread.id.desc())).all()
        names = [each[1] for each in READERS]
        thread = rows[names.index(address)]
        return thread.state, thread.lane


def press(page: Page, key: str) -> None:
    """A key, once the page listens: the button for help comes with its script."""
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    page.keyboard.press(key)


def test_a_morning_in_the_inbox_by_keyboard(visit: Callable[..., Page], site: LiveSite) -> None:
    hear_readers(site)
    complaints: list[str] = []
    page = visit(base_url=site.url, viewport={"width": 1280, "height": 900})
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.goto("/admin/inbox")
    look_over(page, complaints)
    shoot(page, "inbox")

    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    look_over(page, complaints)
    page.keyboard.press("Escape")
    for key, who in (("j", "ines"), ("j", "tomas"), ("k", "ines")):
        press(page, key)
        expect(page.locator(".thread-row__link:focus")).to_contain_text(who)
    page.keyboard.press("Enter")
    expect(page.locator(".slip__words")).to_have_text("We put one list on the wall between the two rooms.")
    expect(page.locator(".slip__words")).not_to_contain_text("A letter.")
    page.get_by_text("The whole mail, with what it quotes").click()
    expect(page.frame_locator("iframe[name^=whole]").get_by_text("A letter.")).to_be_visible()
    look_over(page, complaints)
    shoot(page, "inbox-thread")

    press(page, "r")
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.keyboard.type("Which *two* rooms?")
    page.get_by_role("button", name="Preview").click()
    expect(page.frame_locator("#answer-preview").get_by_text("wrote:")).to_be_visible()
    look_over(page, complaints)
    page.get_by_label("Your answer").focus()
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("Which *two* rooms?")
    page.get_by_label("Your answer").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("in the ledger")
    mail = site.mail_to("ines@example.org")
    assert "Which _two_ rooms?" in mail
    assert "> We put one list on the wall between the two rooms." in mail
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("")
    assert state_of(site, "ines@example.org")[0] is ThreadState.ANSWERED

    press(page, "j")
    expect(page.locator(".slip__words").first).to_contain_text("finance")
    press(page, "l")
    look_over(page, complaints)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    press(page, "l")
    page.get_by_role("button", name="Feedback").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The lanes learn")
    assert state_of(site, "tomas@example.org")[1] is Lane.FEEDBACK
    press(page, "s")
    look_over(page, complaints)
    shoot(page, "inbox-snooze")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("comes back by itself")
    assert state_of(site, "tomas@example.org")[0] is ThreadState.SNOOZED

    press(page, "u")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    press(page, "j")
    press(page, "x")
    press(page, "e")
    expect(page.get_by_role("status")).to_contain_text("Done.")
    assert state_of(site, "priya@example.org")[0] is ThreadState.CLOSED
    press(page, "/")
    page.keyboard.type("list wall")
    page.keyboard.press("Enter")
    expect(page.locator(".thread-row")).to_have_count(1)
    look_over(page, complaints)
    assert complaints == []


def test_by_night_and_without_keys_the_inbox_is_as_readable(
    visit: Callable[..., Page], site: LiveSite
) -> None:
    hear_readers(site)
    complaints: list[str] = []
    page = visit(base_url=site.url, viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    for path in (
        "/admin/inbox",
        "/admin/inbox/4",
        "/admin/inbox/answers",
        "/admin/inbox/settings",
        "/admin/inbox/aside",
    ):
        page.goto(path)
        look_over(page, complaints)
    page.goto("/admin/inbox")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys work in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    press(page, "j")
    expect(page.locator(".thread-row__link:focus")).to_have_count(0)
    page.reload()
    press(page, "j")
    expect(page.locator(".thread-row__link:focus")).to_have_count(0)
    assert complaints == []
