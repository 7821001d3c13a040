"""The guide on the web from outside: the sample and the map for all, the chapters for readers who took the guide."""

import json
import re
from datetime import datetime
from pathlib import Path

import pikepdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.cli.guide import build_guide
from app.foundation.db import Database
from app.foundation.errors import ContentError
from app.guides.access import Visit, download_token, grant_access, request_guide
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState
from app.subscribers.models import Function
from app.web.factory import create_app
from app.wiring import Runtime
from tests.cast import Cast
from tests.fixtures.clock import FrozenClock

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ROOT = "/guides/cx-buy-in"


@pytest.fixture
def path(runtime: Runtime, database: Database, cast: Cast, now: datetime) -> str:
    with database.writing() as session:
        cast.alice.function = Function.LEGAL
        session.merge(cast.alice)
        grant = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=Visit())
        grant_access(session, now, grant, visit=Visit())
        token = download_token(runtime.signer, grant, now)
    return f"{ROOT}/download/{token}"


@pytest.fixture
def browser(runtime: Runtime, cast: Cast) -> FlaskClient:
    """A visitor whose browser keeps cookies."""
    return create_app(runtime).test_client()


def titles(page: str) -> list[str]:
    return re.findall(r'href="/guides/cx-buy-in/read/([a-z]+)', page)


def test_one_chapter_is_open_to_all_and_may_be_found(client: FlaskClient) -> None:
    page = client.get(f"{ROOT}/sample")
    assert page.status_code == 200
    assert "Agreement is not ownership" in page.text
    assert "noindex" not in page.text
    assert f'rel="canonical" href="http://127.0.0.1:8000{ROOT}/sample"' in page.text


def test_the_chapters_are_closed_to_whoever_has_not_opened_the_guide(client: FlaskClient, path: str) -> None:
    client.get(path)  # opening the link is not taking the guide
    for address in (f"{ROOT}/read", f"{ROOT}/read/legal"):
        page = client.get(address)
        assert page.status_code == 403
        assert page.headers["Cache-Control"] == "no-store"
        assert "Read a sample chapter" in page.text
        assert "The precedent in the room" not in page.text


def test_a_press_opens_the_chapters_in_the_readers_order(
    browser: FlaskClient, database: Database, path: str
) -> None:
    answer = browser.post(f"{path}/read")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ROOT}/read")
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", f"Path={ROOT}"))
    contents = browser.get(f"{ROOT}/read")
    assert contents.status_code == 200
    assert titles(contents.text)[:5] == ["agreement", "handoff", "question", "legal", "sales"]
    chapter = browser.get(f"{ROOT}/read/legal")
    assert "4 of 16" in chapter.text
    assert f'rel="next" href="{ROOT}/read/sales"' in chapter.text
    assert f'rel="prev" href="{ROOT}/read/question"' in chapter.text
    for page in (contents, chapter):
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
    with database.reading() as session:
        event = session.scalars(select(GrantEvent).where(GrantEvent.kind == GrantEventKind.DOWNLOADED)).one()
        assert event.detail == {"form": "web"}
        assert session.scalars(select(Grant.state)).one() is GrantState.DOWNLOADED


def test_another_function_may_lead_and_stays_in_front_from_page_to_page(
    browser: FlaskClient, path: str
) -> None:
    browser.post(f"{path}/read")
    assert titles(browser.get(f"{ROOT}/read?first=hr").text)[3] == "hr"
    assert f"{ROOT}/read/sales?first=hr" in browser.get(f"{ROOT}/read/hr?first=hr").text
    assert titles(browser.get(f"{ROOT}/read?first=<script>").text)[3] == "legal"


def test_reading_changes_nothing(browser: FlaskClient, database: Database, path: str) -> None:
    browser.post(f"{path}/read")
    with database.reading() as session:
        before = len(session.scalars(select(GrantEvent)).all())
    for address in ("read", "read/sales", "sample", "map", "read/nothing"):
        browser.get(f"{ROOT}/{address}")
    with database.reading() as session:
        assert len(session.scalars(select(GrantEvent)).all()) == before


def test_downloading_opens_the_chapters_too(browser: FlaskClient, path: str) -> None:
    assert browser.post(path).status_code == 303
    assert browser.get(f"{ROOT}/read/sales").status_code == 200
    assert browser.get(f"{ROOT}/read/nothing").status_code == 404


def test_a_cookie_of_ours_opens_one_guide_and_ends_with_the_right(
    browser: FlaskClient, database: Database, runtime: Runtime, clock: FrozenClock, path: str
) -> None:
    answer = browser.post(f"{path}/read")
    token = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    altered = token[:-1] + ("a" if token[-1] != "a" else "b")
    for bad in (altered, "x", "", token.upper() + "=", path.rpartition("/")[2]):
        browser.set_cookie("guide_reader", bad, path=ROOT)
        assert browser.get(f"{ROOT}/read").status_code == 403
    browser.set_cookie("guide_reader", token, path=ROOT)
    assert browser.get(f"{ROOT}/read").status_code == 200
    with database.writing() as session:
        session.scalars(select(Grant)).one().revoked_at = clock()
    assert browser.get(f"{ROOT}/read").status_code == 403


def test_a_link_that_has_run_out_opens_no_chapters(
    browser: FlaskClient, clock: FrozenClock, path: str
) -> None:
    clock.advance(days=31)
    answer = browser.post(f"{path}/read")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Location"] == path
    assert browser.get(f"{ROOT}/read").status_code == 403


def test_every_square_of_the_map_is_an_address(client: FlaskClient) -> None:
    page = client.get(f"{ROOT}/map?from=finance&to=sales")
    assert page.status_code == 200
    assert "<title>Sales and Finance" in page.text
    assert "Let us find out before we shake hands" in page.text
    assert page.text.count('aria-current="true"') == 1
    alone = client.get(f"{ROOT}/map?from=legal&to=legal")
    assert "Which of our positions do we always give up" in alone.text
    assert len(set(re.findall(r"\?from=[a-z]+&amp;to=[a-z]+#handoff", page.text))) == 81


def test_a_square_that_does_not_exist_is_named_and_the_map_is_shown(client: FlaskClient) -> None:
    page = client.get(f"{ROOT}/map?from=sales&to=<b>catering</b>")
    assert page.status_code == 200
    assert "There is no function “&lt;b&gt;catering&lt;/b&gt;” on this map" in page.text


def test_the_landing_page_tells_machines_what_it_tells_people(client: FlaskClient) -> None:
    page = client.get(ROOT)
    found = re.findall(r'<script type="application/ld\+json" nonce="([^"]+)">(.*?)</script>', page.text, re.S)
    assert found
    assert all(f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"] for nonce, _ in found)
    book, questions = (json.loads(text) for _, text in found)
    assert book["@type"] == "Book"
    assert book["name"] == "A CX Leader’s Guide to Organizational Buy-in"
    assert book["isAccessibleForFree"] is True
    for question in questions["mainEntity"]:
        assert question["name"] in page.text
        assert question["acceptedAnswer"]["text"] in page.text
    for words in ("Download it if", "Skip it if", f"{ROOT}/sample", f"{ROOT}/map", "What is inside"):
        assert words in page.text


def test_a_download_carries_the_readers_name_unless_told_not_to(
    browser: FlaskClient, runtime: Runtime, path: str
) -> None:
    build_guide(runtime, "cx-buy-in")
    fresh = path
    with runtime.database.writing() as session:
        grant = session.scalars(select(Grant)).one()
        grant_access(session, runtime.clock(), grant, visit=Visit())
        fresh = f"{ROOT}/download/{download_token(runtime.signer, grant, runtime.clock())}"
    assert "The first page says “For Alice”" in browser.get(fresh).text
    named = browser.get(browser.post(fresh).headers["Location"])
    again = browser.get(browser.post(fresh).headers["Location"])
    plain = browser.get(browser.post(fresh, data={"copy": "plain"}).headers["Location"])
    assert named.data == again.data
    assert named.data.startswith(plain.data)
    assert len(named.data) > len(plain.data)
    part = browser.get(browser.post(fresh).headers["Location"], headers={"Range": "bytes=700000-"})
    assert (part.status_code, part.data) == (206, named.data[700_000:])
    assert part.headers["ETag"] == named.headers["ETag"] != plain.headers["ETag"]


def test_a_guide_whose_source_broke_is_still_whole_on_the_web(
    runtime: Runtime, database: Database, tmp_path: Path, cast: Cast
) -> None:
    folder = tmp_path / "guides" / "small"
    folder.mkdir(parents=True)
    (folder / "guide.toml").write_text(SMALL)
    (folder / "one.md").write_text(CHAPTER)
    (folder / "dot.png").write_bytes(DOT)
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update={"guides_dir": folder.parent}))
    before = build_guide(runtime, "small")
    pages = create_app(runtime).test_client()
    landing, sample, picture = (
        pages.get(f"/guides/small{name}").data for name in ("", "/sample", "/pictures/dot.png")
    )
    assert picture == DOT

    (folder / "one.md").write_text(CHAPTER.replace("strapline", "straplime"))
    with pytest.raises(
        ContentError,
        match=r"guides/small/one\.md:4: the field “straplime” is not known; did you mean “strapline”",
    ):
        build_guide(runtime, "small")
    (folder / "dot.png").unlink()
    (folder / "guide.toml").write_text("this is not TOML")
    with pytest.raises(ContentError):
        build_guide(runtime, "small")

    for asked in (pages, create_app(runtime).test_client()):  # also by a process that starts only now
        assert re.sub(rb'nonce="[^"]+"', b"", asked.get("/guides/small").data) == re.sub(
            rb'nonce="[^"]+"', b"", landing
        )
        assert asked.get("/guides/small/sample").data == sample
        assert asked.get("/guides/small/pictures/dot.png").data == DOT
        assert asked.get("/guides/small/pictures/secret.png").status_code == 404
        assert asked.get("/guides/small/map").status_code == 404
        cover = asked.get("/guides/small/cover.png")
        assert (cover.status_code, cover.headers["ETag"].strip('"')) == (200, before.sha256[:16])
    with pikepdf.open(tmp_path / "files" / f"guides/small/{before.sha256[:16]}.pdf") as pdf:
        assert len(pdf.pages) == before.pages


SMALL = """\
title = "A Small Guide"
subtitle = "For tests"
slug = "small"
edition = "1"
published = 2026-11-17
author = "Ada Author"
languages = ["en-US"]
accent = "#0B5D5B"
imprint = "Printed nowhere."
chapters = ["one"]

[landing]
promise = "Little."
inside = ["One chapter"]
download_if = ["You test"]
skip_if = ["You do not"]
sample = "one"
"""

CHAPTER = """\
+++
kind = "prose"
title = "One"
strapline = "The first"
summary = "It is the only one."
+++
A paragraph.

![A dot](dot.png)
"""

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)
