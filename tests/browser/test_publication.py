"""The publication in a real browser: a reader who reads, passes on and stays; search; weight, stillness and paper."""

import gzip
import re
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.issues.archive_index import index_missed
from app.issues.models import IssueKind
from app.issues.publishing import send_now
from app.issues.themes import set_themes
from app.issues.writing import Draft, create_issue
from tests.browser.conftest import LiveSite
from tests.cast import ALICE, BOB, CAROL, seed_cast
from worker.publishing import publish_due

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Visit = Callable[..., Page]

PARAGRAPH = (
    "Four people looked at her message, each did what their team is *measured on*, and eleven days later she "
    "cancelled. Nobody did anything wrong. That is the part worth staying with, **all 1,460 cases** of it.\n\n"
)
LETTER = (
    "Hello {first_name|there}, [a link](https://example.com/elsewhere).\n\n"
    + "![A cover, whose size nobody said](/guides/cx-buy-in/cover.png)\n\n"
    + ("## What each of them saw\n\n" + PARAGRAPH * 4) * 4
    + "| step | time |\n|---|---|\n| Support | 40 minutes |\n\n::: question\nWho told the customer?\n:::\n\n"
    + "::: button\n[Take the guide]({guide_url})\n:::\n"
)
MOST_BYTES = 60_000


@pytest.fixture
def letter(site: LiveSite) -> str:
    """The address of a letter that was really sent, to Alice, after one that was not about escalation."""
    here, now = site.runtime, site.runtime.clock()
    with here.database.writing() as session:
        seed_cast(session, now, here.address_key)
        for number, title in enumerate(("A quiet week", "Who owns the escalation?")):
            text = LETTER if number else "Nothing to report."
            issue = create_issue(
                session,
                now - timedelta(hours=2),
                IssueKind.LETTER,
                Draft(title, preheader="A line.", markdown=text),
            )
            send_now(session, now, issue.id)
            set_themes(session, issue.id, "Ownership")
    publish_due(here, now)
    site.mail_to(ALICE, 2)
    with here.database.writing() as session:
        index_missed(session)
    return f"{site.url}/issues/who-owns-the-escalation"


def test_a_reader_reads_passes_it_on_and_stays(site: LiveSite, letter: str, visit: Visit) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.goto(site.url)
    page.get_by_role("link", name="Who owns the escalation?").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who owns the escalation?")
    expect(page.get_by_text("Hello there,")).to_be_visible()
    shared = page.get_by_role("link", name="LinkedIn").first.get_attribute("href") or ""
    assert parse_qs(urlsplit(shared).query)["url"] == [letter]
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == letter
    page.get_by_label("Your mail address").fill("dana@example.com")
    page.get_by_label("The Tuesday letter").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    assert "/confirm/" in site.mail_to("dana@example.com")


def test_a_letter_is_found_by_what_it_says_with_and_without_scripts(
    site: LiveSite, letter: str, visit: Visit
) -> None:
    for options in ({}, {"java_script_enabled": False}):
        page = visit(**options)
        page.goto(f"{site.url}/issues")
        page.get_by_role("searchbox").fill('"her message" -quiet')
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("status")).to_have_text("1 letter found.")
        expect(page.locator("mark").first).to_contain_text("her")
        page.get_by_role("link", name="Who owns the escalation?").click()
        page.get_by_role("link", name="Ownership").click()
        expect(page.get_by_role("link", name="A quiet week")).to_be_visible()


def test_a_letter_weighs_little_and_nothing_on_it_moves(site: LiveSite, letter: str, visit: Visit) -> None:
    """As it travels: everything a browser fetches for the page but pictures."""
    for width in (360, 1440):
        page = visit(person=False, viewport={"width": width, "height": 800})
        page.add_init_script(
            "window.shift = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) "
            "window.shift += e.value }).observe({type: 'layout-shift', buffered: true});"
        )
        page.goto(letter, wait_until="networkidle")
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(200)
        fetched = page.evaluate(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".map(e => [e.name, e.initiatorType, e.encodedBodySize])"
        )
        weight = sum(
            size for name, _, size in fetched if not re.search(r"\.(?:png|jpg|svg|ico)(?:\?|$)", name)
        )
        assert 20_000 < weight < MOST_BYTES, fetched
        assert [name for name, _, _ in fetched if not name.startswith(site.url)] == []
        assert len([name for name, _, _ in fetched if ".css" in name]) == 1
        assert page.evaluate("window.shift") == 0
        assert page.evaluate("document.fonts.check('16px Libertinus')")


def test_on_paper_there_is_the_letter_and_nothing_to_press(site: LiveSite, letter: str, visit: Visit) -> None:
    page = visit(person=False)
    page.goto(letter)
    page.emulate_media(media="print")
    expect(page.get_by_text("Who told the customer?")).to_be_visible()
    for gone in (
        page.get_by_role("button", name="Subscribe"),
        page.get_by_role("link", name="LinkedIn").first,
    ):
        expect(gone).to_be_hidden()
    shown = page.evaluate(
        "getComputedStyle(document.querySelector('.prose a[href^=https]'), '::after').content"
    )
    assert "https://example.com/elsewhere" in shown


class Links(HTMLParser):
    """Every address a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.found |= {named.get("href", ""), named.get("src", "")} - {""}


def test_no_public_page_knows_a_reader(site: LiveSite, letter: str) -> None:
    """Everything that can be reached from the front page, after a send: no token of a mail, no name, no address."""
    mails = site.mail_to(ALICE, 2)
    tokens = set(re.findall(rf"{re.escape(site.url)}/(?:t/c|unsubscribe|preferences)/([\w.-]+)", mails))
    assert tokens, "the mail has links of its reader's own"
    private = {*tokens, ALICE, BOB, CAROL, "Alice", "Carol", "zqslot"}
    todo, pages = (
        {f"{site.url}/", f"{site.url}/feed.xml", f"{site.url}/sitemap.xml", f"{site.url}/robots.txt"},
        {},
    )
    while todo:
        address = todo.pop()
        pages[address] = text = _text(address)
        links = Links()
        links.feed(text)
        inside = {urljoin(address, found).partition("#")[0] for found in links.found}
        inside |= set(re.findall(rf"{re.escape(site.url)}/[\w/.?=&;-]*", text)) - {letter + "."}
        todo |= {each for each in inside if each.startswith(f"{site.url}/")} - set(pages)
    assert {f"{site.url}/issues", letter, f"{site.url}/about", f"{site.url}/topics/ownership"} <= set(pages)
    told = {address: [each for each in private if each in text] for address, text in pages.items()}
    assert {address: words for address, words in told.items() if words} == {}
    assert not [
        address for address in pages if re.search(r"/(?:t|unsubscribe|preferences|confirm)/", address)
    ]


def _text(address: str) -> str:
    try:
        with urllib.request.urlopen(address) as answer:
            raw: bytes = answer.read()
    except urllib.error.HTTPError as error:
        raw = error.read()
    return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
