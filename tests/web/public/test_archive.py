"""Front page, archive, feed and the small files, from the outside."""

import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from app.foundation.db import Database
from app.issues.models import Issue, IssueKind, IssueState
from app.publication.models import Publication
from app.wiring import Runtime
from tests.cast import Cast

MARKDOWN = "Hello {first_name|there},\n\n## Why\n\nBecause of [this](https://example.com).\n"


def add_issue(database: Database, now: datetime, slug: str, state: IssueState = IssueState.SENT) -> None:
    with database.writing() as session:
        session.add(
            Issue(
                kind=IssueKind.LETTER,
                slug=slug,
                title=f"About {slug}, {{first_name|friend}}",
                subject="S",
                preheader="One line",
                markdown=MARKDOWN,
                state=state,
                created_at=now,
                updated_at=now,
                sent_at=now if state is IssueState.SENT else None,
            )
        )


def test_the_front_page_shows_promise_and_letters(
    client: FlaskClient, database: Database, now: datetime, cast: Cast
) -> None:
    add_issue(database, now, "ownership")
    page = client.get("/").text
    assert "Customer experience that survives the handoff" in page
    assert "About ownership, friend" in page
    assert "16 November 2026" in page


def test_the_count_is_shown_once_it_is_worth_showing(
    client: FlaskClient, database: Database, cast: Cast
) -> None:
    assert "Join " not in client.get("/").text
    with database.writing() as session:
        session.execute(update(Publication).values(proof_from=1))
    assert re.search(r"Join <span[^>]*>1</span> readers", client.get("/").text)


def test_a_letter_has_its_page_without_any_readers_name(
    client: FlaskClient, database: Database, now: datetime, cast: Cast
) -> None:
    add_issue(database, now, "ownership")
    page = client.get("/issues/ownership").text
    assert "Hello there," in page
    assert "<h2" in page
    assert "Alice" not in page
    assert "zqslot" not in page


def test_a_digest_shows_each_link_with_its_source_and_why(
    client: FlaskClient, database: Database, now: datetime, cast: Cast
) -> None:
    add_issue(database, now, "six")
    text = "Morning.\n\n1. [One & all](https://example.com/1) — The Source\n   Because *so*.\n"
    with database.writing() as session:
        session.execute(update(Issue).values(kind=IssueKind.LINKS, markdown=text))
    page = client.get("/issues/six").text
    assert '<a href="https://example.com/1">One &amp; all</a>' in page
    assert "The Source" in page
    assert "Because <em>so</em>." in page


@pytest.mark.parametrize("state", [IssueState.DRAFT, IssueState.SCHEDULED, IssueState.HELD])
def test_what_never_went_out_is_not_found(
    client: FlaskClient, database: Database, now: datetime, cast: Cast, state: IssueState
) -> None:
    add_issue(database, now, "secret", state)
    assert client.get("/issues/secret").status_code == 404
    assert "secret" not in client.get("/issues").text
    assert "secret" not in client.get("/feed.xml").text


def test_the_archive_is_paged(client: FlaskClient, database: Database, now: datetime, cast: Cast) -> None:
    for number in range(25):
        add_issue(database, now + timedelta(days=number), f"letter-{number}")
    first, second = client.get("/issues").text, client.get("/issues?page=2").text
    assert first.count("letters__title") == 20
    assert second.count("letters__title") == 5
    assert "letter-24" in first
    assert "letter-0" in second
    for odd in ("?page=0", "?page=-1", "?page=x", "?page=99", "?kind=none", "?page=" + "9" * 400):
        assert client.get(f"/issues{odd}").status_code == 200


def test_the_feed_is_atom_with_whole_letters(
    client: FlaskClient, database: Database, now: datetime, cast: Cast
) -> None:
    assert ElementTree.fromstring(client.get("/feed.xml").text).tag == "{http://www.w3.org/2005/Atom}feed"
    add_issue(database, now, "ownership")
    response = client.get("/feed.xml")
    space = {"a": "http://www.w3.org/2005/Atom"}
    entry = ElementTree.fromstring(response.text).find("a:entry", space)
    assert entry is not None
    assert entry.findtext("a:title", "", space) == "About ownership, friend"
    assert "<h2" in entry.findtext("a:content", "", space)
    assert client.get("/feed.xml", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_small_files_are_there(client: FlaskClient, cast: Cast) -> None:
    assert "Disallow: /confirm/" in client.get("/robots.txt").text
    assert client.get("/favicon.ico").mimetype == "image/svg+xml"
    assert ElementTree.fromstring(client.get("/sitemap.xml").text) is not None


def test_a_page_that_is_not_there_shows_ways_on(client: FlaskClient, cast: Cast) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert 'href="/issues"' in response.text


def test_every_page_forbids_inline_code(client: FlaskClient, cast: Cast) -> None:
    for path in ("/", "/issues", "/guides/cx-buy-in", "/nowhere"):
        response = client.get(path)
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
        assert not re.search(r'\son\w+="|style="', response.text)
        for script in re.findall(r"<(?:script|style)[^>]*>", response.text):
            assert "nonce=" in script


def test_an_unseeded_installation_still_answers(runtime: Runtime, database: Database) -> None:
    from app.web.factory import create_app

    app = create_app(runtime)
    assert app.test_client().get("/").status_code == 200


def test_records_that_are_away_are_said_with_503(client: FlaskClient, runtime: Runtime, cast: Cast) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    from sqlalchemy import event

    event.listen(runtime.database.engine, "before_cursor_execute", away)
    response = client.get("/")
    assert response.status_code == 503
    assert "cannot reach our records" in response.text
