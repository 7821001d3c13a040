"""The guide on the web in a real browser: by keyboard alone, at 360 px, by axe, on paper, and without scripts."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.guides.access import Visit as Peer
from app.guides.access import download_token, grant_access, request_guide
from app.subscribers.models import Function
from tests.browser.conftest import LiveSite
from tests.cast import seed_cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
ROOT = "/guides/cx-buy-in"
OPEN = ["", "/sample", "/map", "/map?from=legal&to=legal"]
READ = ["/read", *(f"/read/{name}" for name in ("handoff", "sales", "map", "seams", "worksheet", "plan"))]


@pytest.fixture
def link(site: LiveSite) -> str:
    """Alice's download page. She works in Legal."""
    here, now = site.runtime, site.runtime.clock()
    with here.database.writing() as session:
        cast = seed_cast(session, now, here.address_key)
        cast.alice.function = Function.LEGAL
        grant = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=Peer())
        grant_access(session, now, grant, visit=Peer())
        session.flush()
        return f"{site.url}{ROOT}/download/{download_token(here.signer, grant, now)}"


def opened(page: Page, link: str) -> Page:
    """A browser in which the guide has been opened by a press of the button."""
    page.goto(link)
    page.get_by_role("button", name="Read it on the web").click()
    page.wait_for_url(f"**{ROOT}/read")
    return page


def complaints(page: Page) -> list[str]:
    return [
        f"{found['id']}: {node['html'][:120]}"
        for found in Axe().run(page).response["violations"]
        for node in found["nodes"]
    ]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"))


def tab_to(page: Page, words: str, most: int = 80) -> None:
    """Press Tab until something that says these words has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if words in focused(page):
            return
    raise AssertionError(f"Tab never reached {words}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_of_the_guide(
    site: LiveSite, link: str, visit: Callable[..., Page], scheme: str
) -> None:
    page = opened(visit(person=False, color_scheme=scheme, bypass_csp=True), link)
    wrong = {}
    for path in (*OPEN, *READ, "/read/sales?first=hr"):
        page.goto(site.url + ROOT + path)
        if found := complaints(page):
            wrong[path] = found
    page.goto(f"{site.url}/guides/handoff-checklist/sample")
    if found := complaints(page):
        wrong["checklist"] = found
    page.context.clear_cookies()
    page.goto(f"{site.url}{ROOT}/read")
    if found := complaints(page):
        wrong["closed"] = found
    assert wrong == {}


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_the_screen_and_the_console_is_silent(
    site: LiveSite, link: str, visit: Callable[..., Page], width: int
) -> None:
    page = opened(visit(person=False, viewport={"width": width, "height": 740}), link)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    wide = {}
    for path in (*OPEN, *READ):
        page.goto(site.url + ROOT + path)
        if over := page.evaluate("document.documentElement.scrollWidth - window.innerWidth"):
            wide[path] = over
    assert (wide, said) == ({}, [])


def test_a_thumb_can_hit_every_square_of_the_map(site: LiveSite, visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(f"{site.url}{ROOT}/map")
    boxes = [square.bounding_box() for square in page.locator(".guide-square").all()]
    assert len(boxes) == 81
    assert all(box and min(box["width"], box["height"]) >= 24 for box in boxes)
    page.locator("[data-from=hr][data-to=operations]").tap()
    expect(page.get_by_role("heading", name="Operations and HR")).to_be_in_viewport()


def test_the_map_by_keyboard_alone(site: LiveSite, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto(f"{site.url}{ROOT}/map?from=sales&to=finance")
    tab_to(page, "Copy the link")
    page.keyboard.press("Tab")
    assert focused(page) == "Sales and Finance"  # one stop for the whole grid, at the chosen square
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Sales and Product"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Legal and Product"
    page.keyboard.press("Home")
    assert focused(page) == "Legal and Marketing"
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "Legal and Marketing"  # the edge holds
    page.keyboard.press("Control+End")
    assert focused(page) == "Executive team"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#handoff-title")).to_have_text("HR and the executive team")
    expect(page.get_by_role("status")).to_contain_text("HR and the executive team. Bonuses are set")
    assert page.url.endswith("/map?from=executive&to=hr")
    assert page.title().startswith("HR and the executive team")
    page.keyboard.press("Tab")
    assert "Get the whole guide" in focused(page)
    page.go_back()
    expect(page.locator("#handoff-title")).to_have_text("Sales and Finance")
    expect(page.locator("[aria-current=true]")).to_have_text("Sales and Finance")


def test_a_screen_reader_hears_a_grid_with_headers(site: LiveSite, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto(f"{site.url}{ROOT}/map")
    grid = page.get_by_role("grid", name="Handoffs between functions")
    expect(grid.get_by_role("columnheader")).to_have_count(9)
    expect(grid.get_by_role("rowheader", name="Legal")).to_be_visible()
    expect(grid.get_by_role("link", name="Sales and Finance")).to_have_count(2)
    page.get_by_label("From").select_option("it")
    expect(page.get_by_role("status")).to_contain_text("Finance and IT")


def test_the_map_without_scripts_is_a_form_and_links(site: LiveSite, visit: Callable[..., Page]) -> None:
    page = visit(java_script_enabled=False)
    page.goto(f"{site.url}{ROOT}/map")
    page.get_by_label("From").select_option("legal")
    page.get_by_label("To").select_option("marketing")
    page.get_by_role("button", name="Show the handoff").click()
    expect(page.locator("#handoff-title")).to_have_text("Legal and Marketing")
    expect(page.get_by_text("Copy goes to review the day before print.")).to_be_visible()
    page.locator("[data-from=hr][data-to=hr]").click()
    expect(page.get_by_text("What does a customer lose on the day one of our people leaves")).to_be_visible()


def test_a_shared_square_shows_the_same_with_and_without_scripts(
    site: LiveSite, visit: Callable[..., Page]
) -> None:
    address = f"{site.url}{ROOT}/map"
    scripted, plain = visit(), visit(java_script_enabled=False)
    for one, other in (("marketing", "executive"), ("it", "product"), ("sales", "sales")):
        scripted.goto(address)
        scripted.locator(f"[data-from={one}][data-to={other}]").click()
        shared = scripted.get_by_role("link", name="Link to this square").get_attribute("href")
        plain.goto(site.url + str(shared))
        for part in (".guide-square-panel h2", ".guide-answer:visible", ".guide-path__arc"):
            assert scripted.locator(part).inner_html().strip() == plain.locator(part).inner_html().strip()
        arc = "document.querySelector('.guide-path__arc').getAttribute('d')"
        assert scripted.evaluate(arc) == plain.locator(".guide-path__arc").get_attribute("d")


def test_reading_by_keyboard_alone(site: LiveSite, link: str, visit: Callable[..., Page]) -> None:
    page = visit(person=False)
    page.goto(link)
    tab_to(page, "Read it on the web")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ROOT}/read")
    assert page.locator(".guide-contents a").all_inner_texts()[3] == "Legal"
    tab_to(page, "Legal")  # the list of functions names it too, as an option
    tab_to(page, "Legal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Legal")
    expect(page.get_by_role("progressbar", name="Chapters")).to_have_attribute("value", "4")
    tab_to(page, "Next Sales")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sales")
    page.go_back()
    page.go_back()
    page.reload()
    expect(page.get_by_text("You have read 1 of 16 chapters here.")).to_be_visible()
    expect(page.locator("li[data-chapter=legal]").get_by_text("Read", exact=True)).to_be_visible()


def test_the_landing_page_by_keyboard_leads_to_the_sample_and_to_the_form(
    site: LiveSite, visit: Callable[..., Page]
) -> None:
    page = visit(person=False, viewport={"width": 360, "height": 740})
    page.goto(site.url + ROOT)
    tab_to(page, "Read a chapter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Agreement is not ownership")
    tab_to(page, "Send me the guide")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ROOT}#join")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "email"
    page.keyboard.type("dana@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("mail")


@pytest.mark.parametrize("path", ["", "/sample", "/read/sales", "/map?from=sales&to=finance"])
def test_on_paper_the_words_stay_and_the_buttons_go(
    site: LiveSite, link: str, visit: Callable[..., Page], path: str
) -> None:
    page = opened(visit(person=False, color_scheme="dark"), link)
    page.goto(site.url + ROOT + path)
    page.emulate_media(media="print")
    for gone in (".button", "form", ".guide-turn", ".guide-crumb", ".masthead__nav"):
        assert not any(each.is_visible() for each in page.locator(gone).all()), gone
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.get_by_role("heading", level=1).is_visible()
    with pikepdf.open(io.BytesIO(page.pdf())) as paper:
        assert 1 <= len(paper.pages) <= 8
