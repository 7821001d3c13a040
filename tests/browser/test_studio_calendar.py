"""The calendar in a browser: a week skipped and wanted after all, an issue moved by its form."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.issues.models import IssueKind
from app.issues.scheduling import schedule_issue
from app.issues.writing import Draft, create_issue
from tests.browser.conftest import LiveSite
from tests.browser.test_author_story import look_over, way_in
from tests.browser.test_studio_writing import shoot

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def test_a_week_is_skipped_and_an_issue_moved(visit: Callable[..., Page], site: LiveSite) -> None:
    here, complaints = site.runtime, list[str]()
    with here.database.writing() as session:
        issue = create_issue(session, here.clock(), IssueKind.LETTER, Draft("Owners", markdown="Words."))
        schedule_issue(session, here.clock(), issue.id)
    page = visit(base_url=site.url, viewport={"width": 1280, "height": 900})
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.get_by_role("link", name="Calendar").click()
    look_over(page, complaints)

    page.get_by_role("button", name="Skip Tuesday 24 November 2026").click()
    expect(page.get_by_role("status")).to_contain_text("Skipped")
    page.get_by_text("Move it", exact=True).first.click()
    page.get_by_label("Date").fill("2026-11-24")
    look_over(page, complaints)
    shoot(page, "calendar")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("status")).to_contain_text("Moved.")
    taken = page.locator(".slot", has_text="Owners")
    expect(taken).to_contain_text("Tuesday 24 November 2026, 8:15 am New York time (EST)")
    page.get_by_text("Move it", exact=True).first.click()
    page.get_by_label("Date").fill("2020-11-24")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("alert")).to_contain_text("has passed")
    expect(taken).to_contain_text("24 November 2026")
    drag_it_and_move_it_by_keyboard(page, complaints)
    assert complaints == []


def drag_it_and_move_it_by_keyboard(page: Page, complaints: list[str]) -> None:
    taken = page.locator(".slot", has_text="Owners")
    grip = page.get_by_role("button", name="Move Owners")
    page.goto("/admin/calendar")
    to = page.locator(".slot", has_text="Tuesday 1 December 2026")
    grip.hover()
    page.mouse.down()
    box = to.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 20, steps=6)
    expect(to).to_have_class(re.compile("slot--target"))
    shoot(page, "calendar-drag")
    page.mouse.up()
    expect(page.get_by_role("status")).to_contain_text("Moved.")
    expect(taken).to_contain_text("Tuesday 1 December 2026, 8:15 am New York time (EST)")
    assert page.locator(".slot--gap .slot__when").all_inner_texts()[0].startswith("Tuesday 17 November 2026")

    sunday = page.locator(".slot", has_text="Links,").first.bounding_box()
    grip.hover()
    page.mouse.down()
    assert sunday is not None
    page.mouse.move(sunday["x"] + 40, sunday["y"] + 20, steps=4)
    page.mouse.up()
    expect(taken).to_contain_text("Tuesday 1 December 2026")

    for keys, day in ((["Escape"], "1 December"), (["ArrowDown", "Enter"], "15 December")):
        grip.press("Enter")
        expect(page.locator("#grip-said")).to_contain_text("Owners is lifted. Tuesday 8 December 2026")
        look_over(page, complaints)
        grip.focus()
        if grip.get_attribute("aria-pressed") == "false":
            grip.press("Enter")
        for key in keys:
            grip.press(key)
        expect(taken).to_contain_text(f"Tuesday {day} 2026")
