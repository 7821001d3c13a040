"""The calendar in a browser: a week skipped and wanted after all, an issue moved by its form."""

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
    assert complaints == []
