"""An author's spring and autumn in a browser: a letter with every box, looked at in every way, checked, scheduled, and
out at 8:15 in New York on both sides of both changes of the clocks; one skipped, one moved, one held for being late.
"""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.delivery.ledger import count
from app.issues.models import IssueKind, IssueState
from app.issues.queries import get_issue
from app.issues.writing import Draft, create_issue
from app.subscribers.models import Function, Subscriber
from tests.browser.conftest import LiveSite
from tests.browser.test_author_story import add_readers, look_over, way_in
from tests.cast import ALICE
from tests.fixtures.clock import FrozenClock
from worker.clock import tick

pytestmark = [pytest.mark.browser]

SHOTS = os.environ.get("HANDOFF_SHOTS")
READERS = 21
LETTER = """Dear {first_name|reader},

Somebody owns each step, and nobody owns the way between them.

## Who waits

- The **buyer**, for a date.
- The *seller*, for a yes.

::: for finance
The quarter closes on Friday, so ask on Wednesday.
:::

::: quote
Nobody ever lost an order that somebody was holding.
:::

::: question
Whose desk is it on tonight?
:::

::: download-if
- you are asked for numbers
:::

::: skip-if
- you have a month to spare
:::

::: button
[Get the guide]({guide_url})
:::

***

::: author
**Mark Levy** writes about handoffs.
:::

::: ps
I keep the answers.
:::

::: reach-out
- [Have feedback? Tell me.](mailto:feedback)
- [Stuck? Describe it to me.](mailto:stuck)
- [Just saying hello?](mailto:hello)
:::

::: forward
[Send it to the colleague you thought of](/forward).
:::

::: subscribe
[Get it yourself](/), every Tuesday.
:::
"""
BOXES = (
    "Download it if:",
    "Skip it if:",
    "Please reach out",
    "Know somebody who needs this?",
    "Was this forwarded to you?",
)


def shoot(page: Page, name: str) -> None:
    """Pictures for somebody to look at, where HANDOFF_SHOTS names a folder: phone and desktop, by day and by night."""
    for width in (1440, 390) if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=str(Path(SHOTS or "") / f"{name}-{width}-{scheme}.png"), full_page=True)
    page.emulate_media(color_scheme="null")
    page.set_viewport_size({"width": 1280, "height": 900})


class Author:
    """Somebody at the studio, whose clock we move."""

    def __init__(self, page: Page, site: LiveSite, clock: FrozenClock) -> None:
        self.page, self.site, self.clock = page, site, clock
        self.complaints: list[str] = []

    def come_in(self, at: datetime) -> None:
        self.clock.move_to(at)
        self.page.goto(way_in(self.site))
        self.page.get_by_role("button", name="Sign me in").click()

    def look(self, name: str) -> None:
        look_over(self.page, self.complaints)
        shoot(self.page, name)

    def draft(self, title: str) -> int:
        with self.site.runtime.database.writing() as session:
            words = Draft(
                title, preheader="Ask two people.", markdown=f"Dear {{first_name|reader}},\n\n{title}.\n"
            )
            return create_issue(session, self.clock(), IssueKind.LETTER, words).id

    def schedule(self, issue_id: int, said: str) -> None:
        self.page.goto(f"/admin/issues/{issue_id}/schedule")
        self.page.get_by_role("button", name="Schedule it").click()
        expect(self.page.get_by_text(f"goes out {said}")).to_be_visible()

    def goes_out(self, issue_id: int, at: datetime, subject: str) -> None:
        """Not a second before; then to everybody once, with the time of the slot in it."""
        sink = self.site.sink
        sink.messages.clear()
        tick(self.site.runtime, self.clock.move_to(at.replace(minute=at.minute - 1, second=59)))
        assert self.state(issue_id) is IssueState.SCHEDULED
        for _ in range(2):  # a second clock, or a second tick, sends nothing twice
            tick(self.site.runtime, self.clock.move_to(at))
        sink.wait_for(READERS)
        assert sorted(sink.copies().values()) == [1] * READERS
        for received in sink.messages:
            assert received.message["Subject"] == subject
            assert parsedate_to_datetime(str(received.message["Date"])) == at
        with self.site.runtime.database.reading() as session:
            counts = count(session, get_issue(session, issue_id).edition_id or 0)
        assert counts.audience == READERS

    def state(self, issue_id: int) -> IssueState:
        with self.site.runtime.database.reading() as session:
            return get_issue(session, issue_id).state


def test_a_spring_and_an_autumn_at_the_studio(
    visit: Callable[..., Page], site: LiveSite, clock: FrozenClock
) -> None:
    page = visit(base_url=site.url, viewport={"width": 1280, "height": 900})
    author = Author(page, site, clock)
    add_readers(site)
    with site.runtime.database.writing() as session:
        session.execute(
            update(Subscriber).where(Subscriber.address == ALICE).values(function=Function.FINANCE)
        )

    author.come_in(datetime(2027, 3, 8, 15, tzinfo=UTC))
    write_it(author)
    look_at_it_in_every_way(author)
    author.schedule(1, "Tuesday 9 March 2027, 8:15 am New York time (EST)")
    author.goes_out(1, datetime(2027, 3, 9, 13, 15, tzinfo=UTC), "Who holds the order?")
    each_reader_got_their_words(site)

    for room in ("correct", "again", "history"):
        page.goto(f"/admin/issues/1/{room}")
        author.look(f"journey-{room}")

    author.schedule(author.draft("After the spring"), "Tuesday 16 March 2027, 8:15 am New York time (EDT)")
    author.goes_out(2, datetime(2027, 3, 16, 12, 15, tzinfo=UTC), "After the spring")

    one_is_skipped_and_one_moved(author)
    one_is_held(author)

    author.come_in(datetime(2027, 11, 1, 15, tzinfo=UTC))
    author.schedule(author.draft("Before the autumn"), "Tuesday 2 November 2027, 8:15 am New York time (EDT)")
    author.goes_out(4, datetime(2027, 11, 2, 12, 15, tzinfo=UTC), "Before the autumn")
    author.schedule(author.draft("After it"), "Tuesday 9 November 2027, 8:15 am New York time (EST)")
    author.goes_out(5, datetime(2027, 11, 9, 13, 15, tzinfo=UTC), "After it")
    assert author.complaints == []


def write_it(author: Author) -> None:
    page = author.page
    page.goto("/admin/issues/new")
    page.get_by_label("Title").fill("Who holds the order?")
    page.get_by_role("button", name="Start writing").click()
    page.get_by_label("Preview line").fill("Ask two people.")
    page.get_by_label("Text", exact=True).fill(LETTER)
    seen = page.frame_locator("iframe[name=preview]")
    for box in BOXES:
        expect(seen.get_by_role("heading", name=box)).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    author.look("journey-editor")


def look_at_it_in_every_way(author: Author) -> None:
    page = author.page
    seen = page.frame_locator("iframe[name=preview]")
    finance = seen.get_by_text("The quarter closes on Friday")
    expect(finance).to_be_visible()
    page.get_by_label("Read as somebody in").select_option("sales")
    expect(seen.get_by_text("Dear Ada,")).to_be_visible()
    expect(finance).to_have_count(0)
    page.get_by_label("Read as somebody in").select_option("finance")
    expect(finance).to_be_visible()
    for name, words in (
        ("Phone", "Dear Ada,"),
        ("Dark", "Dear Ada,"),
        ("Inbox", "Who holds the order?"),
        ("Plain text", "Have feedback? Tell me. (mark@"),
        ("Web page", "Dear reader,"),
        ("Check", "Written for 21 of 21 readers."),
    ):
        page.get_by_role("button", name=name, exact=True).click()
        expect(seen.get_by_text(words).first).to_be_visible()
        shoot(page, f"journey-preview-{name.lower().replace(' ', '-')}")
    expect(seen.get_by_text("Nothing to mend.")).to_be_visible()


def each_reader_got_their_words(site: LiveSite) -> None:
    site.sink.wait_for(READERS)
    for received in site.sink.messages:
        html, text = (received.message.get_body((kind,)) for kind in ("html", "plain"))
        assert html is not None
        assert text is not None
        for part in (html, text):
            words = " ".join(str(part.get_content()).split())
            assert ("The quarter closes on Friday" in words) is (ALICE in received.recipients)
            assert ":::" not in words
            assert "mark@letters.example.com" in words
        assert (
            len(
                re.findall(
                    r"mailto:mark@letters\.example\.com\?subject=(Feedback|Stuck|Hello)",
                    str(html.get_content()),
                )
            )
            == 3
        )


def one_is_skipped_and_one_moved(author: Author) -> None:
    page = author.page
    page.goto("/admin/calendar")
    page.get_by_role("button", name="Skip Tuesday 23 March 2027").click()
    expect(page.get_by_role("status")).to_contain_text("Skipped")
    author.schedule(author.draft("The held one"), "Tuesday 30 March 2027, 8:15 am New York time (EDT)")
    page.goto("/admin/calendar")
    grip = page.get_by_role("button", name="Move The held one")
    for key in ("Enter", "ArrowDown", "Enter"):
        grip.press(key)
    expect(page.get_by_role("status").first).to_contain_text("Moved.")
    expect(page.locator(".slot", has_text="The held one")).to_contain_text("Tuesday 13 April 2027, 8:15 am")
    author.look("journey-calendar")


def one_is_held(author: Author) -> None:
    """The machine was down for three hours: nobody is mailed but the author."""
    page, site = author.page, author.site
    site.sink.messages.clear()
    tick(site.runtime, author.clock.move_to(datetime(2027, 4, 13, 15, 15, tzinfo=UTC)))
    assert author.state(3) is IssueState.HELD
    assert "The held one" in site.mail_to("mark@letters.example.com")
    assert [received.recipients for received in site.sink.messages] == [("mark@letters.example.com",)]
    author.come_in(author.clock())
    page.goto("/admin/calendar")
    expect(page.locator(".slot--held")).to_contain_text(
        "nothing was running here to send it until 3 hours later"
    )
    author.look("journey-held")
