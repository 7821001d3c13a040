"""The gate in a real browser: on a phone, from a letter, with a link that ran out, and through the month after."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.delivery.editions import freeze_edition
from app.delivery.ledger import queue_delivery
from app.delivery.models import EditionClass, RecipientKind
from app.foundation.addresses import parse_address
from app.foundation.straight import driver_of
from app.foundation.tokens import Purpose
from app.guides.access import Visit as Peer
from app.guides.access import download_token, grant_access, request_guide
from app.guides.downloading import read_link, record_download
from app.guides.followups import stop_followups, topic_slug
from app.guides.models import Grant, GrantState
from app.guides.standing import revoke_grant
from app.rendering.slots import RenderedMail
from app.subscribers.consent import ensure_subscriber, turn_on, verify_subscriber
from app.subscribers.models import Subscriber, SuppressionReason
from app.subscribers.queries import find_subscriber, find_topic
from app.subscribers.suppression import suppress
from app.tracking.rewriting import register_links
from tests.browser.conftest import LiveSite
from tests.browser.test_reader_story import DANA, ask_for_guide, grant, link, wiggle
from tests.browser.test_scanners_and_people import PHONE
from tests.fixtures.clock import FrozenClock
from worker.followups import send_followups

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Visit = Callable[..., Page]
SLUG = "cx-buy-in"


def verified(site: LiveSite, email: str) -> int:
    with site.runtime.database.writing() as session:
        now = site.runtime.clock()
        reader = ensure_subscriber(session, now, parse_address(email), site.runtime.address_key)
        verify_subscriber(reader, now)
        return reader.id


def takes(page: Page, act: Callable[[Page], None]) -> None:
    with page.expect_download() as download:
        act(page)
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def tap(page: Page) -> None:
    """A thumb on the page's words, not on anything that can be pressed."""
    page.wait_for_timeout(400)
    page.get_by_role("heading", level=1).tap()


def test_from_the_landing_page_to_the_pdf_on_a_phone(site: LiveSite, visit: Visit) -> None:
    page = visit(**PHONE)
    ask_for_guide(site, page)
    page.goto(link(site, site.mail_to(DANA), "/confirm/"))
    tap(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, that is confirmed.")
    page.goto(link(site, site.mail_to(DANA, 2), f"/guides/{SLUG}/download/"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    takes(page, tap)
    assert grant(site) is GrantState.DOWNLOADED


def test_a_reader_of_the_letter_needs_no_form(site: LiveSite, visit: Visit) -> None:
    """The guide's link in a letter that was sent: one sign of a person takes it, the next one starts the file."""
    reader, here = verified(site, DANA), site.runtime
    with here.database.writing() as session:
        letter = find_topic(session, "letter")
        assert letter is not None
        mail = RenderedMail("A letter", "", "<html><body><p>Words</p></body></html>", "Words", ())
        edition = freeze_edition(
            session,
            here.clock(),
            key="issue:7",
            edition_class=EditionClass.BULK,
            rendered=mail,
            sender="Mark <mark@dcx.example>",
            topic_id=letter.id,
        )
        register_links(session, edition.id, [here.links.guide(SLUG)])
        kind = RecipientKind.SUBSCRIBER
        delivery = queue_delivery(
            session, here.clock(), edition_id=edition.id, recipient_kind=kind, recipient_id=reader
        ).id
    page = visit()
    page.goto(f"{site.url}/t/c/{here.signer.sign(Purpose.DELIVERY, delivery)}/0")
    expect(page.get_by_label("Your mail address")).to_have_count(0)
    with here.database.reading() as session:
        assert session.scalars(select(Grant)).all() == []
    wiggle(page)
    expect(page.get_by_role("button", name="Download the guide")).to_be_visible()
    takes(page, lambda opened: opened.get_by_role("button", name="Download the guide").click())
    assert grant(site) is GrantState.DOWNLOADED


def test_a_link_that_ran_out_is_renewed_by_mail(site: LiveSite, visit: Visit, clock: FrozenClock) -> None:
    token = granted(site, verified(site, DANA))
    clock.advance(days=8)
    page = visit()
    page.goto(f"{site.url}/guides/{SLUG}/download/{token}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link has run out")
    page.get_by_role("button", name="Send me a fresh one").click()
    expect(page.get_by_role("button", name="Send me a fresh one")).to_have_count(0)
    fresh = link(site, site.mail_to(DANA), f"/guides/{SLUG}/download/")
    assert token not in fresh
    page.goto(fresh)
    takes(page, wiggle)


def granted(site: LiveSite, reader: int) -> str:
    here = site.runtime
    with here.database.writing() as session:
        given = request_guide(session, here.clock(), reader, SLUG, visit=Peer())
        grant_access(session, here.clock(), given, visit=Peer())
        return download_token(here.signer, given, here.clock())


def taken(site: LiveSite, email: str) -> None:
    """A reader who ticked the box of the follow-ups and has the guide."""
    here, reader = site.runtime, verified(site, email)
    token = granted(site, reader)
    with here.database.writing() as session:
        topic = find_topic(session, topic_slug(SLUG))
        assert topic is not None
        turn_on(session, here.clock(), reader, [topic.id])
        pressed = read_link(driver_of(session.connection()), here.signer, SLUG, token)
        record_download(session, here.clock(), pressed, Peer())


def person(site: LiveSite, email: str) -> Subscriber:
    with site.runtime.database.reading() as session:
        found = find_subscriber(session, email)
        assert found is not None
        session.expunge(found)
        return found


def stop(site: LiveSite, name: str) -> None:
    """What ends a month other than the reader's own press."""
    here, reader = site.runtime, person(site, f"{name}@example.com")
    with here.database.writing() as session:
        theirs = session.scalars(select(Grant).where(Grant.subscriber_id == reader.id)).one()
        if name == "complains":
            suppress(session, here.clock(), reader.address_hash, SuppressionReason.COMPLAINT)
        elif name == "answers":
            stop_followups(session, here.clock(), reader.id, "replied")
        else:
            revoke_grant(session, here.clock(), theirs, by="mark@dcx.example")


def test_a_month_of_follow_ups_and_what_ends_it(site: LiveSite, visit: Visit, clock: FrozenClock) -> None:
    """Thirty moved days: who stays gets three; leaving by the mail's own link, a complaint, an answer and a
    withdrawal each end the month after the first."""
    ends = ["complains", "answers", "is-withdrawn"]
    names = ["stays", "leaves", *ends]
    for name in names:
        taken(site, f"{name}@example.com")
    for _ in range(12):
        clock.advance(hours=6)
        send_followups(site.runtime, clock())
    first = {name: site.mail_to(f"{name}@example.com") for name in names}
    page = visit()
    page.goto(link(site, first["leaves"], "/unsubscribe/"))
    page.get_by_role("button", name="Yes").first.click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    for name in ends:
        stop(site, name)
    began = clock()
    while clock() - began < timedelta(days=30):
        clock.advance(hours=6)
        send_followups(site.runtime, clock())
    site.mail_to("stays@example.com", 3)
    assert {name: len(site.sink.to(f"{name}@example.com")) for name in names} == {
        name: 3 if name == "stays" else 1 for name in names
    }
