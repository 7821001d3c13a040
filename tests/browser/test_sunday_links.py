"""Two weeks of Sunday links in a real browser: clipped all week in four ways, held with five, out with six.

The articles and feeds lie on a real server on loopback. The policy of what may be fetched is the tests' own and admits
that one host and port; the installation's own policy would refuse it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.verp import clip_address
from app.foundation.jobs import Ring
from app.foundation.settings import Settings
from app.issues.fetching import Limits, SafeFetcher
from app.wiring import Runtime
from tests.browser.conftest import LiveSite, SendingDoorbell
from tests.browser.test_author_story import look_over, way_in
from tests.cast import ALICE, seed_cast
from tests.fixtures.clock import FrozenClock
from tests.fixtures.web import Site
from tests.issues.gathering import article, picture
from worker.clock import tick
from worker.jobs.clipping import poll_feed, read_clip
from worker.jobs.sending import send_edition

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SHOTS = os.environ.get("HANDOFF_SHOTS")
AUTHOR = "mark@letters.example.com"
FRIDAY, SATURDAY = datetime(2026, 11, 20, 14, 5, tzinfo=UTC), datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
SUNDAY, NEXT_SUNDAY = datetime(2026, 11, 22, 13, 20, tzinfo=UTC), datetime(2026, 11, 29, 13, 20, tzinfo=UTC)
BOMB = "<!DOCTYPE a [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;'>]>"
FEED = (
    "<?xml version='1.0'?>{head}<rss version='2.0'><channel><title>Desk Notes</title>"
    "<item><title>&c;</title><link>{first}</link><pubDate>Mon, 16 Nov 2026 08:00:00 GMT</pubDate></item>"
    "<item><title>From next year</title><link>{second}</link><pubDate>Fri, 19 Nov 2027 08:00:00 GMT</pubDate></item>"
    "</channel></rss>"
)


class WorkingDoorbell(SendingDoorbell):
    """Pages and feeds are looked at as well, as long as it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()

    def ring(self, ring: Ring) -> None:
        if ring.job.startswith(("sending.send_edition", "clipping.")):
            self.rings.put(ring)

    def work(self) -> None:
        jobs = {"clipping.read_clip": read_clip, "clipping.poll_feed": poll_feed}
        while (ring := self.rings.get()) is not None:
            self.open.wait(10)
            jobs.get(ring.job, send_edition)(int(ring.arguments[0]))


@pytest.fixture
def web() -> Iterator[Site]:
    """The web of this test: articles, feeds, and what there is of trouble."""
    web = Site().start()
    yield web
    web.stop()


@pytest.fixture
def doorbell() -> WorkingDoorbell:
    return WorkingDoorbell()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"reply_domain": "letters.example.com"})


@pytest.fixture
def runtime(runtime: Runtime, web: Site) -> Runtime:
    return replace(runtime, fetcher=SafeFetcher(web.place, "Handoff tests", limits=Limits(seconds=5)))


@pytest.fixture
def page(visit: Callable[..., Page], site: LiveSite) -> Iterator[Page]:
    """The author, signed in, before the links; whatever the console complains of fails the test."""
    with site.runtime.database.writing() as session:
        seed_cast(session, site.runtime.clock(), site.runtime.address_key)
    page = visit(base_url=site.url, viewport={"width": 1440, "height": 1800}, reduced_motion="reduce")
    expect.set_options(timeout=20_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.goto("/admin/links")
    yield page
    assert [each for each in complaints if "status of 4" not in each and "ERR_FAILED" not in each] == []


def shoot(page: Page, name: str) -> None:
    """Pictures for somebody to look at, where HANDOFF_SHOTS names a folder."""
    for scheme in ("light", "dark") if SHOTS else ():
        page.emulate_media(color_scheme=scheme)
        for width in (1440, 768, 390):
            page.set_viewport_size({"width": width, "height": 1800})
            page.screenshot(path=str(Path(SHOTS or "") / f"{name}-{scheme}-{width}.png"), full_page=True)
        page.set_viewport_size({"width": 1440, "height": 1800})
    page.emulate_media(color_scheme="light")


def lying(page: Page, place: str) -> Locator:
    """The titles of a list, in order."""
    return page.locator(f"[data-list={place}] > [data-clip] .clip__title a")


def row(page: Page, title: str) -> Locator:
    return page.locator("[data-clip]").filter(has_text=title)


def paste(page: Page, *urls: str) -> None:
    page.get_by_label("Paste addresses").fill("\n".join(urls))
    page.get_by_role("button", name="Clip", exact=True).click()


def drag(page: Page, title: str, onto: Locator) -> None:
    """From the grip of one row to the upper part of another place."""
    expect(page.locator("#board[aria-busy]")).to_have_count(0)
    start, end = row(page, title).locator(".grip").bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 9, start["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + 30, steps=4)
    page.mouse.move(end["x"] + 60, end["y"] + 8, steps=2)
    page.mouse.up()


def forward(site: LiveSite, url: str) -> None:
    """The author forwards an address to the private one."""
    here, mail = site.runtime, EmailMessage()
    recipient = clip_address(here.signer, "letters.example.com", 1)
    mail["From"], mail["To"], mail["Subject"] = AUTHOR, recipient, "Fwd: worth it?"
    mail.set_content(f"Number three is splendid.\n\n{url}\n")
    raw = mail.as_bytes()
    key = keep_raw(here.storage, raw)
    with here.database.writing() as session:
        received = register_raw(
            session, here.clock(), Envelope("lmtp", "", recipient), raw=raw, storage_key=key
        )
        process_inbound(session, here.clock(), received.inbound_id, storage=here.storage, signer=here.signer)


def bookmark(page: Page, url: str) -> None:
    """Press the bookmarklet on somebody's page."""
    script = page.locator("#bookmarklet").get_attribute("href") or ""
    elsewhere = page.context.new_page()
    elsewhere.goto(url)
    with elsewhere.expect_popup() as opened:
        elsewhere.evaluate(script.removeprefix("javascript:"))
    expect(opened.value.get_by_label("Address")).to_have_value(url)
    opened.value.get_by_label("A note").fill("for the ops people")
    opened.value.get_by_role("button", name="Clip", exact=True).click()
    expect(opened.value.get_by_text("Clipped; the page is being read.")).to_be_visible()
    opened.value.close()
    elsewhere.close()


def write_why(page: Page, title: str, words: str) -> None:
    row(page, title).get_by_label("Why it matters").fill(words)
    expect(row(page, title).locator(".why__said")).to_contain_text("Saved ")


def gather(page: Page, site: LiveSite, web: Site) -> None:
    """A week's clippings, in all four ways, from pages in every state."""
    web.answer("/p.png", picture(), headers={"Content-Type": "image/png"})
    for name in ("queue", "refunds", "silence", "letters", "fridays", "mondays", "desk"):
        web.answer(f"/{name}", article(f"About {name}", picture=web.url("/p.png")))
    web.answer("/closed-to-robots", "Forbidden", status=403)
    web.answer("/feed.xml", FEED.format(head=BOMB, first=web.url("/fridays"), second=web.url("/mondays")))
    web.answer("/blog", '<link rel="alternate" type="application/rss+xml" href="/feed.xml">')
    again, doorbell = web.url("/queue?utm_source=mail&fbclid=x"), site.runtime.doorbell
    assert isinstance(doorbell, WorkingDoorbell)
    doorbell.open.clear()
    paste(
        page, web.url("/queue"), again, web.url("/gone"), web.url("/closed-to-robots"), "http://127.0.0.1:9/x"
    )
    expect(page.get_by_text("Clipped. Some of them you had already")).to_be_visible()
    expect(row(page, "/queue").get_by_text("being read…")).to_be_visible()
    doorbell.open.set()
    expect(row(page, "About queue").get_by_text("The Ward Review · Ann Lee")).to_be_visible()
    expect(row(page, "The page is gone").locator(".badge")).to_have_text("dead")
    expect(row(page, "127.0.0.1:9").locator(".badge")).to_have_text("not fetched")
    bookmark(page, web.url("/refunds"))
    forward(site, web.url("/silence"))
    page.locator("summary").filter(has_text="Other ways to clip").click()
    page.get_by_label("A feed, or a page that has one").fill(web.url("/blog"))
    page.get_by_role("button", name="Follow").click()
    tick(site.runtime, site.runtime.clock())
    for name in ("refunds", "silence", "fridays", "mondays"):
        expect(row(page, f"About {name}")).to_be_visible()
        page.reload()
    expect(row(page, "About refunds").get_by_text("for the ops people")).to_be_visible()
    expect(row(page, "About silence").get_by_text("Number three is splendid.")).to_be_visible()
    assert "lollol" not in page.content()


def mend(page: Page) -> None:
    """What would not show itself to us is filled in by hand, with a picture."""
    page.get_by_role("link", name="Closed to us").click()
    page.get_by_role("link", name="Mend by hand").click()
    page.get_by_label("Title").fill("Behind the door")
    page.get_by_label("Source").fill("The Guarded")
    page.get_by_label("Minutes").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Minutes")
    expect(page.get_by_label("Title")).to_have_value("Behind the door")
    page.get_by_label("Minutes").fill("7")
    page.get_by_label("Put one in").set_input_files(
        {"name": "door.png", "mimeType": "image/png", "buffer": picture(900, 600)}
    )
    page.get_by_role("button", name="Save").click()
    expect(row(page, "Behind the door").locator("img")).to_be_visible()


def choose_five(page: Page) -> None:
    """By drag, by keyboard and by button; the order by drag and keyboard."""
    drag(page, "About queue", page.locator("[data-list=shortlisted]"))
    expect(page.locator("#board-said")).to_contain_text("About queue: shortlist, 1 of 1.")
    grip = row(page, "About refunds").locator(".grip")
    grip.press("Space")
    expect(page.locator("#board-said")).to_contain_text("Lifted About refunds: tray")
    grip.press("ArrowLeft")
    grip.press("ArrowLeft")
    grip.press("Escape")
    expect(lying(page, "picked")).to_have_count(0)
    grip.press("Space")
    grip.press("ArrowLeft")
    expect(page.locator("#board-said")).to_have_text("shortlist, 1 of 2.")
    grip.press("Space")
    expect(lying(page, "shortlisted")).to_have_text(["About refunds", "About queue"])
    expect(grip).to_be_focused()
    drag(page, "About queue", row(page, "About refunds"))
    expect(lying(page, "shortlisted")).to_have_text(["About queue", "About refunds"])
    for name in ("queue", "refunds", "silence", "fridays"):
        page.get_by_role("button", name=f"Pick: About {name}").click()
        expect(page.locator("[data-list=picked]").get_by_text(f"About {name}")).to_be_visible()
    page.get_by_role("button", name="Pick: Behind the door").click()
    expect(page.locator("#digest-count")).to_have_text("5 of 6")
    drag(page, "Behind the door", row(page, "About queue"))
    expect(lying(page, "picked").first).to_have_text("Behind the door")
    grip = row(page, "About fridays").locator(".grip")
    for key in ("Space", "ArrowUp", "ArrowUp", "Space"):
        grip.press(key)
    order = ["Behind the door", "About queue", "About fridays", "About refunds", "About silence"]
    expect(page.locator("#board-said")).to_have_text("About fridays: digest, 3 of 5.")
    page.reload()
    expect(lying(page, "picked")).to_have_text(order)


def try_to_schedule(page: Page) -> None:
    """The draft, and the answer to scheduling it."""
    page.get_by_role("button", name="draft").click()
    page.get_by_role("link", name="Schedule…").click()
    page.get_by_role("button", name="Schedule it").click()


def test_a_week_of_clipping_is_held_with_five_and_goes_out_with_six(
    page: Page, site: LiveSite, web: Site, clock: FrozenClock
) -> None:
    complaints: list[str] = []
    page.goto("/admin/links")
    expect(page.get_by_text("Nothing picked yet. Six links make a digest.")).to_be_visible()
    gather(page, site, web)
    page.goto("/admin/links")
    expect(page.get_by_text("Nothing waits here.")).to_be_hidden()
    mend(page)
    page.goto("/admin/links")
    choose_five(page)
    expect(page.get_by_text("5 of them have no line on why it matters")).to_be_visible()
    for title in ("Behind the door", "About queue", "About fridays", "About refunds"):
        write_why(page, title, f"Because {title.lower()} pays, and nobody says so.")
    expect(page.get_by_text("1 of them has no line on why it matters")).to_be_visible()
    look_over(page, complaints)
    page.emulate_media(color_scheme="dark")
    look_over(page, complaints)
    shoot(page, "links")
    try_to_schedule(page)
    expect(page.get_by_role("alert")).to_contain_text("has six links")

    for moment, count in ((FRIDAY, 1), (SATURDAY, 2)):
        clock.move_to(moment)
        tick(site.runtime, clock())
        reminder = site.mail_to(AUTHOR, count)
        assert "You have picked five of six." in reminder
        assert "One of them still has no line" in reminder
    clock.move_to(SUNDAY)
    tick(site.runtime, clock())
    assert site.sink.to(ALICE) == []
    page.goto("/admin/links")
    expect(
        page.get_by_text("The slot of Sunday 22 November 2026 was held: 5 of six were picked.")
    ).to_be_visible()

    page.get_by_role("button", name="Pick: About mondays").click()
    expect(page.locator("#digest-count")).to_have_text("6 of 6")
    paste(page, web.url("/desk"))
    expect(row(page, "About desk").get_by_text("The Ward Review")).to_be_visible()
    page.get_by_role("button", name="Pick: About desk").click()
    expect(page.get_by_text("7 are picked. A digest has six: take 1 out")).to_be_visible()
    try_to_schedule(page)
    expect(page.get_by_role("alert")).to_contain_text("has six links")
    page.goto("/admin/links")
    page.get_by_role("button", name="Take out: About desk").click()
    write_why(page, "About mondays", "It ends the argument about Mondays.")
    page.get_by_role("button", name="Bring the draft up to date").click()
    page.get_by_role("link", name="Schedule…").click()
    expect(page.get_by_text("has no line on why it matters")).to_be_visible()
    page.goto("/admin/links")
    write_why(page, "About silence", "Read it for the second half.")
    expect(page.get_by_text("Six links, each with its line.")).to_be_visible()
    try_to_schedule(page)
    expect(page.get_by_text("goes out Sunday 29 November 2026, 8:15 am New York time (EST)")).to_be_visible()

    clock.move_to(NEXT_SUNDAY)
    tick(site.runtime, clock())
    text = site.mail_to(ALICE)
    titles = [
        "Behind the door",
        "About queue",
        "About fridays",
        "About refunds",
        "About silence",
        "About mondays",
    ]
    assert sorted(titles, key=text.index) == titles
    assert "It ends the argument about Mondays." in text
    html = site.sink.to(ALICE)[0].message.get_body(("html",))
    assert html is not None
    mail = html.get_content().replace("\u00a0", " ").replace("&nbsp;", " ")
    for piece in (
        "The Ward Review",
        "Ann Lee",
        "3 min",
        "The Guarded",
        "7 min",
        "Read it for the second half.",
    ):
        assert piece in mail
    assert mail.count("-480x320.jpg") == 6
    if SHOTS:
        Path(SHOTS, "digest.html").write_text(mail)
    page.goto("/issues")
    page.get_by_role("link", name="Six links for Sunday 29 November").first.click()
    expect(page.locator(".digest > li")).to_have_count(6)
    look_over(page, complaints)
    shoot(page, "digest-web")

    page.goto("/admin/links")
    expect(page.locator("#digest-count")).to_have_text("0 of 6")
    paste(page, web.url("/queue?utm_campaign=again"))
    expect(row(page, "About queue").get_by_text("sent before")).to_be_visible()
    expect(page.get_by_role("link", name="Sent before 1")).to_be_visible()
    assert len(site.sink.to(AUTHOR)) == 2
    assert complaints == []


def test_a_line_is_never_lost_when_saving_fails_or_the_session_ends(
    page: Page, site: LiveSite, web: Site
) -> None:
    for name in ("queue", "refunds"):
        web.answer(f"/{name}", article(f"About {name}"))
    paste(page, web.url("/queue"), web.url("/refunds"))
    for name in ("queue", "refunds"):
        page.get_by_role("button", name=f"Pick: About {name}").click()
    said, line = (
        row(page, "About queue").locator(".why__said"),
        row(page, "About queue").get_by_label("Why it"),
    )
    page.route("**/why*", lambda route: route.abort())
    line.fill("Written on a train.")
    expect(said).to_contain_text("No connection. Your line is kept in this browser.")
    page.reload()
    expect(line).to_have_value("Written on a train.")
    page.unroute("**/why*")
    line.press_sequentially(" Truly.")
    expect(said).to_contain_text("Saved ")

    page.context.clear_cookies()
    line.fill("Written after the session.")
    expect(said).to_contain_text("Your session has ended.")
    beside = page.context.new_page()
    beside.goto(way_in(site))
    beside.get_by_role("button", name="Sign me in").click()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(said).to_contain_text("Saved ")
    page.reload()
    expect(line).to_have_value("Written after the session.")

    beside.goto("/admin/links")
    theirs = row(beside, "About refunds").get_by_label("Why it matters")
    theirs.fill("From the other window.")
    expect(row(beside, "About refunds").locator(".why__said")).to_contain_text("Saved ")
    row(page, "About refunds").get_by_label("Why it matters").fill("From this one.")
    expect(row(page, "About refunds").locator(".why__said")).to_contain_text(
        "Somebody else wrote here meanwhile"
    )
    expect(row(page, "About refunds").get_by_label("Why it matters")).to_have_value("From this one.")
