"""Every public page: no axe violation in light or dark, nothing wider than a small phone, no word in the console."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlalchemy import select

from app.foundation.tokens import Purpose
from app.guides.access import Visit as Peer
from app.guides.access import download_token, grant_access, request_guide
from app.issues.archive_index import index_missed
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.themes import set_themes
from app.issues.withdrawing import withdraw_issue
from app.signup.inviting import make_invitation
from app.signup.models import JoinRequest
from tests.browser.conftest import LiveSite
from tests.cast import seed_cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
LETTER = "## A heading\n\nHello {first_name|there}, [a link](https://example.com).\n\n> A quotation.\n\n- One\n- Two\n"
LINKS = "Morning.\n\n1. [A title](https://example.com/1) — A source\n   Why it matters.\n"


@pytest.fixture
def pages(site: LiveSite) -> dict[str, str]:
    """The path of every kind of page there is."""
    here, now = site.runtime, site.runtime.clock()
    with here.database.writing() as session:
        cast = seed_cast(session, now, here.address_key)
        for number in range(25):
            kind = IssueKind.LINKS if number == 1 else IssueKind.LETTER
            session.add(
                Issue(
                    kind=kind,
                    slug=f"issue-{number}",
                    title=f"About {number} things",
                    preheader="One line on it",
                    markdown=LINKS if kind is IssueKind.LINKS else LETTER,
                    state=IssueState.SENT,
                    created_at=now,
                    updated_at=now,
                    sent_at=now - timedelta(days=number),
                )
            )
        session.flush()
        newest = session.scalars(select(Issue).where(Issue.slug == "issue-0")).one()
        set_themes(session, newest.id, "One thing, Another")
        last = session.scalars(select(Issue).where(Issue.slug == "issue-24")).one()
        withdraw_issue(session, now, last.id)
        index_missed(session)
        waiting = JoinRequest(
            subscriber_id=cast.bob.id,
            topic_ids=[cast.letter_id, cast.links_id],
            guide_slug="cx-buy-in",
            requested_at=now,
            expires_at=now + timedelta(days=1),
        )
        late = JoinRequest(subscriber_id=cast.bob.id, requested_at=now, expires_at=now)
        session.add_all([waiting, late])
        invited = make_invitation(
            session, now, inviter_id=cast.alice.id, issue_id=newest.id, first_name="Alice"
        )
        grant = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=Peer())
        grant_access(session, now, grant, visit=Peer())
        session.flush()
        sign = here.signer.sign
        return {
            "home": "/",
            "guides": "/guides",
            "guide": "/guides/cx-buy-in",
            "archive": "/issues",
            "archive, page 2": "/issues?page=2",
            "search": "/issues?q=heading",
            "search for nothing": "/issues?q=zebra",
            "topic": "/topics/one-thing",
            "about": "/about",
            "withdrawn": "/issues/issue-24",
            "letter": "/issues/issue-0",
            "links": "/issues/issue-1",
            "pass on": "/issues/issue-0/forward",
            "invitation": f"/i/{invited.code}",
            "form on other sites": "/embed",
            "not found": "/nowhere",
            "confirm": f"/confirm/{sign(Purpose.CONFIRM, waiting.id)}",
            "confirm, too late": f"/confirm/{sign(Purpose.CONFIRM, late.id)}",
            "unsubscribe": f"/unsubscribe/{sign(Purpose.UNSUBSCRIBE, cast.alice.id, cast.letter_id, 1)}",
            "unsubscribe from all": f"/unsubscribe/{sign(Purpose.UNSUBSCRIBE, cast.alice.id, 0, 0)}",
            "gone already": f"/unsubscribe/{sign(Purpose.UNSUBSCRIBE, cast.carol.id, cast.letter_id, 1)}",
            "preferences": f"/preferences/{sign(Purpose.PREFERENCES, cast.alice.id)}",
            "download": f"/guides/cx-buy-in/download/{download_token(here.signer, grant, now)}",
            "download, too late": "/guides/cx-buy-in/download/"
            + download_token(here.signer, grant, now - timedelta(days=40)),
        }


def complaints(page: Page) -> list[str]:
    return [
        f"{found['id']}: {node['html'][:120]}"
        for found in Axe().run(page).response["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    site: LiveSite, pages: dict[str, str], visit: Callable[..., Page], scheme: str
) -> None:
    page = visit(person=False, color_scheme=scheme, bypass_csp=True)
    wrong = {}
    for name, path in pages.items():
        page.goto(site.url + path)
        if found := complaints(page):
            wrong[name] = found
    page.goto(site.url)
    page.get_by_label("Your mail address").fill("not an address")
    page.get_by_label("The Tuesday letter").check()
    page.get_by_role("button", name="Subscribe").click()
    if found := complaints(page):
        wrong["form with errors"] = found
    page.get_by_label("Your mail address").fill("dana@example.com")
    page.get_by_role("button", name="Subscribe").click()
    if found := complaints(page):
        wrong["check your mail"] = found
    assert wrong == {}


def test_nothing_is_wider_than_a_small_phone_and_the_console_is_silent(
    site: LiveSite, pages: dict[str, str], visit: Callable[..., Page]
) -> None:
    page = visit(person=False, viewport={"width": 320, "height": 640})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    wide = {}
    for name, path in pages.items():
        page.goto(site.url + path)
        if over := page.evaluate("document.documentElement.scrollWidth - window.innerWidth"):
            wide[name] = over
    assert wide == {}
    assert [line for line in said if "Failed to load resource" not in line] == []
    with site.runtime.database.reading() as session:
        assert session.scalars(select(JoinRequest.confirmed_at)).all() == [None, None]


def test_every_control_can_be_reached_and_seen_by_keyboard(
    site: LiveSite, pages: dict[str, str], visit: Callable[..., Page]
) -> None:
    page = visit(person=False)
    page.goto(site.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(() => { const e = document.activeElement; return [e.name || e.textContent.trim(), "
                "getComputedStyle(e).outlineStyle] })()"
            )
        )
    names = [name for name, _ in seen]
    assert names.index("email") < names.index("first_name") < names.index("Subscribe", names.index("email"))
    assert "website" not in names
    assert all(style != "none" for _, style in seen)
