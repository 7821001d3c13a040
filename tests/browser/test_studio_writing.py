"""Writing in the studio: saved by itself, checked beside the preview, put back from its history."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveSite
from tests.browser.test_author_story import add_readers, look_over, way_in

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SHOTS = os.environ.get("HANDOFF_SHOTS")
LETTER = """Dear {first_name|reader},

Somebody owns each step, and nobody owns the way between them.

#### Too deep

[Look](http://example.org/old)

::: author
**Mark Levy** writes about handoffs.
:::

***

::: forward
Send it to the colleague you thought of.
:::

::: subscribe
[Get it yourself](/), every Tuesday.
:::
"""


def shoot(page: Page, name: str) -> None:
    """Pictures for somebody to look at, where HANDOFF_SHOTS names a folder."""
    for width in (1280, 390) if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=str(Path(SHOTS or "") / f"{name}-{width}.png"), full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_words_are_saved_by_themselves_checked_and_put_back(
    visit: Callable[..., Page], site: LiveSite
) -> None:
    add_readers(site)
    complaints: list[str] = []
    page = visit(base_url=site.url, viewport={"width": 1280, "height": 900})
    page.goto(way_in(site))
    page.get_by_role("button", name="Sign me in").click()
    page.goto("/admin/issues/new")
    page.get_by_label("Title").fill("The way between")
    page.get_by_role("button", name="Start writing").click()
    page.get_by_label("Text", exact=True).fill(LETTER)
    preview = page.frame_locator("iframe[name=preview]")
    expect(preview.get_by_role("heading", name="Was this forwarded to you?")).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("Saved ")
    page.reload()
    expect(page.get_by_label("Text", exact=True)).to_have_value(LETTER)
    shoot(page, "editor")

    page.get_by_text("Put a picture in").click()
    drawn = io.BytesIO()
    Image.new("RGB", (1600, 400), "teal").save(drawn, "PNG")
    page.get_by_label("Picture").set_input_files(
        {"name": "band.png", "mimeType": "image/png", "buffer": drawn.getvalue()}
    )
    page.get_by_label("What it shows").fill("A band of teal")
    look_over(page, complaints)
    page.get_by_role("button", name="Put it in").click()
    expect(preview.get_by_role("img", name="A band of teal")).to_have_js_property("naturalWidth", 1280)
    shoot(page, "editor-picture")
    page.get_by_label("Text", exact=True).fill(LETTER)

    page.get_by_label("Text", exact=True).press("Control+End")
    page.get_by_role("button", name="Box: ps").click()
    page.keyboard.type("One more thing.")
    expect(preview.get_by_text("One more thing.")).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value(LETTER + "\n::: ps\nOne more thing.\n:::\n")
    page.get_by_label("Text", exact=True).fill(LETTER)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(preview.get_by_text("screen readers announce a gap")).to_be_visible()
    expect(preview.get_by_text("Written for 21 of 21 readers.")).to_be_visible()
    look_over(page, complaints)
    shoot(page, "editor-check")

    page.get_by_label("Text", exact=True).fill("Dear {frist_name},")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Schedule…").click()
    expect(page.get_by_text("1 thing to mend before it can go out")).to_be_visible()
    look_over(page, complaints)
    shoot(page, "schedule-mend")
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_role("alert")).to_contain_text("frist_name")

    page.goto("/admin/issues/1/edit")
    page.evaluate(
        "() => { const text = document.getElementById('markdown'); text.value = 'x'.repeat(6e6);"
        " text.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(page.locator("#saved")).to_contain_text("Not saved: the text has 6,000,000 characters")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#saved")).to_contain_text("at most 400,000")
    assert page.evaluate("document.getElementById('markdown').value.length") == 6_000_000
    page.get_by_label("Text", exact=True).fill("Dear {frist_name},")

    page.goto("/admin/issues/1/history")
    look_over(page, complaints)
    shoot(page, "history")
    page.locator(".row__main a").nth(1).click()
    look_over(page, complaints)
    page.get_by_role("button", name="Put this one back").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value(LETTER)
    assert complaints == []
