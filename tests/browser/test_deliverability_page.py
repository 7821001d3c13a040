"""Deliverability in a browser: numbers and lines, the mail behind a suppression, a release, a mail put aside."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.conversation.models import InboundMail, InboundState
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.models import Outcome, OutcomeState
from app.delivery.verp import bounce_address
from app.subscribers.models import Suppression
from app.wiring import Runtime
from tests.browser.conftest import LiveSite
from tests.browser.test_author_story import look_over, way_in
from tests.browser.test_studio_writing import shoot
from tests.conversation.letters import deliver, dsn
from tests.conversation.test_complaints import report

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

BAD_NEWS = {
    "ann@gmail.com": dsn(
        "ann@gmail.com", words="550 5.1.1 The account that you tried to reach does not exist."
    ),
    "ben@gmx.de": dsn("ben@gmx.de", status="5.2.2", words="552 5.2.2 Mailbox full"),
    "cy@outlook.com": dsn(
        "cy@outlook.com", status="5.7.1", words="550 5.7.1 Your network is on our block list (S3140)."
    ),
    "dee@yahoo.com": report("abuse"),
}


def come_back(here: Runtime) -> None:
    """Six hundred arrive, four come back in four ways, and one mail cannot be read."""
    now = here.clock()
    with here.database.writing() as session:
        for number in range(600):
            domain = ("gmail.com", "outlook.com", "yahoo.com", "gmx.de")[number % 4]
            delivery = deliver(session, now, f"reader{number}@{domain}")
            session.add(Outcome(delivery_id=delivery.id, attempt=1, state=OutcomeState.ACCEPTED, at=now))
        for address, raw in BAD_NEWS.items():
            delivery = deliver(session, now, address)
            came = Envelope("lmtp", "", bounce_address(here.signer, "mail.example.com", delivery.id))
            key = keep_raw(here.storage, raw)
            received = register_raw(session, now, came, raw=raw, storage_key=key)
            process_inbound(session, now, received.inbound_id, storage=here.storage, signer=here.signer)
        raw = b"From: <script>alert(1)</script>\r\n\r\nwhat nobody foresaw\r\n"
        key = keep_raw(here.storage, raw)
        received = register_raw(session, now, Envelope("lmtp"), raw=raw, storage_key=key)
        mail = session.get_one(InboundMail, received.inbound_id)
        mail.state, mail.error = InboundState.QUARANTINED, "ValueError: nobody foresaw this"


def test_the_proof_is_one_click_away_and_a_release_needs_a_reason(
    visit: Callable[..., Page], site: LiveSite
) -> None:
    come_back(site.runtime)
    complaints: list[str] = []
    page = visit(base_url=site.url, viewport={"width": 1440, "height": 900})
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.goto("/admin/deliverability")
    look_over(page, complaints)
    shoot(page, "deliverability")
    expect(page.get_by_text("never 0.3 %")).to_be_visible()
    entry = page.locator(".row", has_text="ann@gmail.com")
    entry.get_by_role("link", name="the mail itself").click()
    expect(page.get_by_text("Final-Recipient: rfc822; ann@gmail.com")).to_be_visible()
    page.go_back()

    entry.get_by_text("Let this address be mailed again").click()
    entry.get_by_label("Why").fill("She wrote from there this morning.")
    look_over(page, complaints)
    entry.get_by_role("button", name="Release").click()
    expect(page.get_by_role("status")).to_be_visible()
    with site.runtime.database.reading() as session:
        said = set(session.scalars(select(Suppression.release_reason)))
    assert "She wrote from there this morning." in said

    aside = page.locator(".row", has_text="nobody foresaw this")
    aside.get_by_role("link", name="the mail itself").click()
    expect(page.get_by_text("what nobody foresaw")).to_be_visible()
    page.go_back()
    look_over(page, complaints)
    aside.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("None: every mail that came in was read.")).to_be_visible()
    assert complaints == []
