"""Eight kinds of link scanners and eight kinds of people before the pages that wait for a person.

No scanner may confirm or take anything; no person may need more than what they do on any page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select

from app.foundation.addresses import parse_address
from app.foundation.tokens import Purpose
from app.guides.access import Visit as Peer
from app.guides.access import download_token, grant_access, request_guide
from app.guides.models import GrantEvent, GrantEventKind
from app.guides.queries import find_grant
from app.signup.joining import JoinForm, ask_to_join
from app.signup.models import JoinRequest
from app.subscribers.consent import Evidence
from app.wiring import desk_of
from tests.browser.conftest import LiveSite
from tests.cast import seed_cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Open = Callable[..., Page]
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
)
OUTLOOK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


BUTTON = re.compile("Download the guide|Confirm")


@dataclass(frozen=True)
class Door:
    """One reader's link, and whether anything came of it."""

    site: LiveSite
    url: str
    grant_id: int
    request_id: int = 0

    def taken(self) -> int:
        if self.request_id:
            return self.confirmed()
        with self.site.runtime.database.reading() as session:
            query = select(func.count()).where(
                GrantEvent.grant_id == self.grant_id, GrantEvent.kind == GrantEventKind.DOWNLOADED
            )
            return session.scalar(query) or 0

    def confirmed(self) -> int:
        with self.site.runtime.database.reading() as session:
            return int(session.get_one(JoinRequest, self.request_id).confirmed_at is not None)

    def taken_soon(self, page: Page) -> int:
        for _ in range(30):
            if self.taken():
                break
            page.wait_for_timeout(100)
        return self.taken()


@pytest.fixture
def door(site: LiveSite) -> Door:
    here = site.runtime
    with here.database.writing() as session:
        cast = seed_cast(session, here.clock(), here.address_key)
        grant = request_guide(session, here.clock(), cast.alice.id, "cx-buy-in", visit=Peer())
        grant_access(session, here.clock(), grant, visit=Peer())
        found = find_grant(session, cast.alice.id, "cx-buy-in")
        assert found is not None
        token = download_token(here.signer, found, here.clock())
        return Door(site, f"{site.url}/guides/cx-buy-in/download/{token}", found.id)


@pytest.fixture
def confirm_doors(site: LiveSite) -> Callable[[], Door]:
    """A reader who typed an address, and the link that was mailed there; a fresh one each time."""
    here = site.runtime

    def fresh() -> Door:
        with here.database.writing() as session:
            number = session.scalar(select(func.count()).select_from(JoinRequest)) or 0
            evidence = Evidence("home", "", "192.0.2.1")
            address = parse_address(f"reader{number}@example.com")
            ask_to_join(
                session,
                here.clock(),
                desk_of(here),
                JoinForm(address, evidence, topic_slugs=frozenset({"letter"})),
            )
            found = session.scalars(select(JoinRequest).order_by(JoinRequest.id.desc())).first()
            assert found is not None
            token = here.signer.sign(Purpose.CONFIRM, found.id)
            return Door(site, f"{site.url}/confirm/{token}", 0, found.id)

    return fresh


def asks(door: Door, method: str, agent: str) -> None:
    request = Request(door.url, method=method, headers={"User-Agent": agent})
    with urlopen(request, timeout=10) as answer:
        answer.read()


def looks_with_head(door: Door, _open: Open) -> None:
    asks(door, "HEAD", OUTLOOK)


def looks_with_get(door: Door, _open: Open) -> None:
    asks(door, "GET", "curl/8.5.0")


def fetches_again_and_again(door: Door, _open: Open) -> None:
    for _ in range(12):
        asks(door, "GET", OUTLOOK)


def renders_without_touching(door: Door, open_page: Open) -> None:
    page = open_page(person=False)
    page.goto(door.url)
    page.wait_for_timeout(2_500)


def renders_in_disguise_for_a_picture(door: Door, open_page: Open) -> None:
    page = open_page(user_agent=OUTLOOK)
    page.goto(door.url, wait_until="networkidle")
    page.screenshot(full_page=True)
    page.wait_for_timeout(1_500)


def scrolls_by_script(door: Door, open_page: Open) -> None:
    page = open_page(user_agent=OUTLOOK)
    page.goto(door.url)
    for at in (200, 600, 1200):
        page.evaluate("at => window.scrollTo(0, at)", at)
        page.wait_for_timeout(150)
    page.wait_for_timeout(800)


def makes_events_of_its_own(door: Door, open_page: Open) -> None:
    page = open_page(user_agent=OUTLOOK)
    page.goto(door.url)
    page.wait_for_timeout(300)
    page.evaluate(
        """() => {
            const kinds = [["pointermove", PointerEvent], ["mousemove", MouseEvent], ["pointerdown", PointerEvent],
                ["touchstart", Event], ["wheel", WheelEvent], ["keydown", KeyboardEvent], ["focus", FocusEvent]];
            for (const [name, Kind] of kinds)
                for (const target of [window, document, document.body])
                    target.dispatchEvent(new Kind(name, { bubbles: true, clientX: 40, clientY: 60, key: "Tab" }));
        }"""
    )
    page.wait_for_timeout(1_000)


def follows_every_link(door: Door, open_page: Open) -> None:
    page = open_page(user_agent=OUTLOOK)
    page.goto(door.url)
    for link in page.eval_on_selector_all("a[href^='/']", "all => all.map(one => one.href)")[:6]:
        with urlopen(Request(link, headers={"User-Agent": OUTLOOK}), timeout=10) as answer:
            answer.read()


SCANNERS = [
    looks_with_head,
    looks_with_get,
    fetches_again_and_again,
    renders_without_touching,
    renders_in_disguise_for_a_picture,
    scrolls_by_script,
    makes_events_of_its_own,
    follows_every_link,
]


@pytest.mark.parametrize("scans", SCANNERS)
def test_a_scanner_takes_nothing(door: Door, visit: Open, scans: Callable[[Door, Open], None]) -> None:
    scans(door, visit)
    assert door.taken() == 0


def test_no_scanner_confirms_anything(confirm_doors: Callable[[], Door], visit: Open) -> None:
    """The same eight before the page that confirms an address."""
    counted = {}
    for scans in SCANNERS:
        door = confirm_doors()
        scans(door, visit)
        counted[scans.__name__] = door.taken()
    assert counted == dict.fromkeys(counted, 0)


def moves_the_mouse(page: Page) -> None:
    page.mouse.move(200, 200)
    page.wait_for_timeout(60)
    page.mouse.move(260, 240, steps=6)


def taps_somewhere(page: Page) -> None:
    page.touchscreen.tap(180, 120)


def turns_the_wheel(page: Page) -> None:
    page.mouse.wheel(0, 240)


def presses_tab(page: Page) -> None:
    page.keyboard.press("Tab")


def presses_space_to_scroll(page: Page) -> None:
    page.keyboard.press("Space")


def reads_with_a_screen_reader(page: Page) -> None:
    """Its cursor comes to the button and presses it: a click without a pointer."""
    page.get_by_role("button", name=BUTTON).focus()
    page.keyboard.press("Enter")


def has_no_javascript(page: Page) -> None:
    page.get_by_role("button", name=BUTTON).click()


def presses_the_button_at_once(page: Page) -> None:
    page.get_by_role("button", name=BUTTON).click()


PHONE = {
    "user_agent": IPHONE,
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
PEOPLE: list[tuple[Callable[[Page], None], dict[str, object]]] = [
    (moves_the_mouse, {}),
    (taps_somewhere, PHONE),
    (turns_the_wheel, {"viewport": {"width": 900, "height": 420}}),
    (presses_tab, {}),
    (presses_space_to_scroll, {}),
    (reads_with_a_screen_reader, {}),
    (has_no_javascript, {"java_script_enabled": False}),
    (presses_the_button_at_once, PHONE),
]


@pytest.mark.parametrize(("acts", "options"), PEOPLE, ids=[one[0].__name__ for one in PEOPLE])
def test_a_person_gets_the_guide_by_what_they_do_anyway(
    door: Door, visit: Open, acts: Callable[[Page], None], options: dict[str, object]
) -> None:
    page = visit(**options)
    page.goto(door.url)
    page.wait_for_timeout(600)
    acts(page)
    assert door.taken_soon(page) == 1


def test_every_person_confirms_by_what_they_do_anyway(confirm_doors: Callable[[], Door], visit: Open) -> None:
    counted = {}
    for acts, options in PEOPLE:
        door = confirm_doors()
        page = visit(**options)
        page.goto(door.url)
        page.wait_for_timeout(600)
        acts(page)
        counted[acts.__name__] = door.taken_soon(page)
    assert counted == dict.fromkeys(counted, 1)
