"""The publication as machines see it: kept pages, feed, map, structured data, pictures; and no lie of theirs believed.

What search engines and social networks would read is read here by extruct, which is not ours.
"""

import io
import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import extruct
import feedparser
import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import update

from app.foundation.db import Database, open_database
from app.issues.archive_index import index_missed
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.themes import set_themes
from app.issues.withdrawing import withdraw_issue
from app.issues.writing import Draft, correct_issue
from app.publication.models import Publication
from app.web.public import kept
from tests.cast import Cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BASE = "http://127.0.0.1:8000"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
LETTER = "Hello {first_name|there},\n\n## Why & how\n\nSee [the map](/guides/cx-buy-in/map) and ![a hand](/x.png).\n"
LINKS = "Morning.\n\n1. [One & all](https://example.com/1) — The Source\n   Because *so*.\n"


@pytest.fixture
def letters(database: Database, cast: Cast, now: datetime) -> list[int]:
    """Three letters and a digest, one about a topic, one withdrawn; the ids, the newest first."""
    with database.writing() as session:
        issues = [
            Issue(
                kind=IssueKind.LINKS if number == 1 else IssueKind.LETTER,
                slug=f"letter-{number}",
                title=f"About <{number}> & “more”\x02, {{first_name|friend}}",
                preheader="One line" if number else "",
                markdown=LINKS if number == 1 else LETTER,
                state=IssueState.SENT,
                created_at=now,
                updated_at=now - timedelta(days=number),
                sent_at=now - timedelta(days=number),
            )
            for number in range(4)
        ]
        session.add_all(issues)
        session.flush()
        set_themes(session, issues[0].id, "Owning it")
        withdraw_issue(session, now, issues[3].id)
        index_missed(session)
        return [issue.id for issue in issues]


PAGES = (
    *(
        "/",
        "/issues",
        "/issues?kind=links",
        "/issues?q=map",
        "/issues/letter-0",
        "/issues/letter-1",
        "/about",
    ),
    *(
        "/topics/owning-it",
        "/guides",
        "/guides/cx-buy-in",
        "/guides/cx-buy-in/map",
        "/guides/cx-buy-in/sample",
    ),
    *("/feed.xml", "/sitemap.xml", "/robots.txt", "/nowhere", "/issues/letter-3", "/issues/nothing"),
)


def test_no_page_believes_a_host_header(client: FlaskClient, letters: list[int]) -> None:
    lies = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Prefix": "/evil.example",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/evil.example",
    }
    for path in PAGES:
        lied = client.get(path, headers=lies)
        honest = client.get(path)
        assert lied.status_code == honest.status_code, path
        for answer in (lied, honest):
            said = answer.text + str(answer.headers)
            assert "evil.example" not in said, path
            assert "gopher" not in said, path
        assert "evil.example" not in client.post(path, headers=lies, data={"email": "x"}).text


def test_the_feed_is_well_formed_and_whole(client: FlaskClient, letters: list[int], now: datetime) -> None:
    response = client.get("/feed.xml")
    feed = feedparser.parse(
        response.data, response_headers={"content-type": response.headers["Content-Type"]}
    )
    assert feed.bozo == 0
    assert feed.version == "atom10"
    titles = [entry.title for entry in feed.entries]
    assert titles == [f"About <{number}> & “more”, friend" for number in range(3)]
    assert feed.entries[0].content[0].type == "text/html"
    assert f'href="{BASE}/guides/cx-buy-in/map"' in feed.entries[0].content[0].value
    assert f'src="{BASE}/x.png"' in feed.entries[0].content[0].value
    assert "Because <em>so</em>." in feed.entries[1].content[0].value


def test_the_feed_keeps_to_the_rules_of_atom(client: FlaskClient, letters: list[int]) -> None:
    """What the W3C's feed validator asks of a feed (RFC 4287), and what it advises."""
    response = client.get("/feed.xml")
    assert response.mimetype == "application/atom+xml"
    root = ElementTree.fromstring(response.data)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    for one in ("id", "title", "updated"):
        assert len(root.findall(f"a:{one}", ATOM)) == 1
    assert root.findtext("a:author/a:name", "", ATOM)
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", ATOM)}
    assert links == {"self": f"{BASE}/feed.xml", "alternate": f"{BASE}/"}
    entries = root.findall("a:entry", ATOM)
    ids = [entry.findtext("a:id", "", ATOM) for entry in entries]
    assert len(ids) == len(set(ids)) == 3
    for address in [root.findtext("a:id", "", ATOM), *ids]:
        assert urlsplit(address or "").scheme == "http"
    dated = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    for entry in entries:
        for one in ("id", "title", "updated", "published", "content"):
            assert len(entry.findall(f"a:{one}", ATOM)) == 1
        assert len(entry.findall("a:link[@rel='alternate']", ATOM)) == 1
        assert dated.fullmatch(entry.findtext("a:updated", "", ATOM))
        assert dated.fullmatch(entry.findtext("a:published", "", ATOM))
        content = entry.find("a:content", ATOM)
        assert content is not None
        assert content.get("type") == "html"
        body = content.text or ""
        assert not re.search(r'(?:href|src)="(?!https?:|mailto:)', body)
        assert not re.search(r"<(?:script|style|iframe|form)\b|\son\w+=|\sstyle=", body)
    updates = [entry.findtext("a:updated", "", ATOM) for entry in entries]
    assert root.findtext("a:updated", "", ATOM) == max(updates)


def test_a_feed_reader_that_has_it_gets_304_until_something_changes(
    client: FlaskClient, database: Database, letters: list[int], now: datetime
) -> None:
    for _ in range(2):  # made, then from the shelf
        first = client.get("/feed.xml")
        tag, dated = first.headers["ETag"], first.headers["Last-Modified"]
        for known in (
            {"If-None-Match": tag},
            {"If-None-Match": tag.removeprefix("W/")},
            {"If-None-Match": f'"old", {tag}'},
            {"If-None-Match": "*"},
            {"If-Modified-Since": dated},
        ):
            same = client.get("/feed.xml", headers=known)
            assert (same.status_code, same.data) == (304, b""), known
            assert same.headers["ETag"] == tag
        for other in (
            {"If-None-Match": '"2019"'},
            {"If-None-Match": '"'},
            {"If-None-Match": '"old"', "If-Modified-Since": dated},
            {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            {"If-Modified-Since": "yesterday"},
        ):
            assert client.get("/feed.xml", headers=other).status_code == 200, other
    with database.writing() as session:
        correct_issue(session, now + timedelta(hours=1), letters[2], 1, Draft("Mended", markdown="Mended."))
    changed = client.get("/feed.xml", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "Mended." in changed.text
    assert "<updated>2026-11-16T13:00:00Z</updated>" in changed.text
    assert client.head("/feed.xml").headers["ETag"] == changed.headers["ETag"]


def test_a_kept_page_shows_what_another_process_changed_after_a_second(
    client: FlaskClient, database: Database, letters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, zipped = client.get("/issues"), client.get("/issues", headers={"Accept-Encoding": "gzip"})
    assert plain.headers["ETag"] == zipped.headers["ETag"]
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert len(zipped.data) < len(plain.data)
    assert "nonce-" not in plain.headers["Content-Security-Policy"]
    other = open_database(str(database.engine.url))
    with other.writing() as session:
        session.execute(update(Publication).values(name="Renamed", accent="#8a1c4a"))
    other.engine.dispose()
    assert "Renamed" not in client.get("/issues").text
    monkeypatch.setattr(kept, "LOOK_SECONDS", 0.0)
    page = client.get("/issues")
    assert "Renamed" in page.text
    style = re.search(r"style-src 'self' '(sha256-[^']+)'", page.headers["Content-Security-Policy"])
    assert style, "the author's own colour is let in by its hash"


def test_search_and_other_addresses_of_one_page_stay_apart(client: FlaskClient, letters: list[int]) -> None:
    found = client.get("/issues?q=map").text
    assert "<mark>map</mark>" in found
    assert 'name="robots" content="noindex"' in found
    assert "<mark>" not in client.get("/issues").text
    odd = client.get("/issues", query_string={"q": '"><script>alert(1)</script>' + "é" * 10_240})
    assert odd.status_code == 200
    assert "<script>alert" not in odd.text
    assert "first words of it were searched" in odd.text
    for typed in ("-map", "'; DROP TABLE issue; --", "nothing at all like it", "\x00"):
        assert client.get("/issues", query_string={"q": typed, "page": "x"}).status_code == 200


def test_the_map_names_every_page_with_its_day_and_nothing_private(
    client: FlaskClient, letters: list[int]
) -> None:
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    urls = ElementTree.fromstring(client.get("/sitemap.xml").data).findall("s:url", space)
    places = {url.findtext("s:loc", "", space): url.findtext("s:lastmod", "", space) for url in urls}
    assert places[f"{BASE}/issues/letter-1"] == "2026-11-15T12:00:00Z"
    assert {
        f"{BASE}{path}" for path in ("/", "/issues", "/about", "/topics/owning-it", "/guides/cx-buy-in")
    } < set(places)
    assert f"{BASE}/issues/letter-3" not in places
    for place in places:
        assert client.get(place.removeprefix(BASE)).status_code == 200, place
    rules = client.get("/robots.txt").text
    assert f"Sitemap: {BASE}/sitemap.xml" in rules
    assert not [place for place in places if any(f"Disallow: {urlsplit(place).path}\n" in rules for _ in "x")]


def test_a_letter_says_of_itself_what_others_need(client: FlaskClient, letters: list[int]) -> None:
    address = f"{BASE}/issues/letter-1"
    said: dict[str, Any] = extruct.extract(
        client.get("/issues/letter-1").text, base_url=address, syntaxes=["json-ld", "opengraph"], uniform=True
    )
    graph: dict[str, Any] = said["opengraph"][0]
    article, trail = said["json-ld"]
    assert graph["@type"] == "article"
    assert graph["og:url"] == article["url"] == article["mainEntityOfPage"] == address
    assert graph["og:title"] == article["headline"]
    assert article["@type"] == "Article"
    assert article["author"]["name"] == "Mark Levy"
    assert article["publisher"]["name"] == graph["og:site_name"] == "DCX"
    assert datetime.fromisoformat(article["datePublished"]) <= datetime.fromisoformat(article["dateModified"])
    assert article["image"]["url"] == graph["og:image"]
    assert [(item["position"], item["item"]) for item in trail["itemListElement"]] == [
        (1, f"{BASE}/"),
        (2, f"{BASE}/issues"),
        (3, address),
    ]
    home: dict[str, Any] = extruct.extract(
        client.get("/").text, base_url=BASE, syntaxes=["json-ld", "opengraph"], uniform=True
    )
    assert home["json-ld"][0]["@type"] == "WebSite"
    assert home["opengraph"][0]["og:image"].startswith(f"{BASE}/card.png?v=")
    guide: dict[str, Any] = extruct.extract(
        client.get("/guides/cx-buy-in").text, base_url=BASE, syntaxes=["json-ld"]
    )
    assert "Book" in json.dumps(guide)


@pytest.mark.parametrize("path", ["/issues/letter-0", "/"])
def test_the_picture_of_a_link_is_drawn_once_and_says_its_size(
    client: FlaskClient, letters: list[int], path: str
) -> None:
    named = re.search(r'og:image" content="([^"]+)"', client.get(path).text)
    assert named
    first = client.get(named[1].removeprefix(BASE))
    assert first.mimetype == "image/png"
    assert Image.open(io.BytesIO(first.data)).size == (1200, 630)
    assert "max-age=31536000" in first.headers["Cache-Control"]
    again = client.get(named[1].removeprefix(BASE))
    assert again.data == first.data
    tag = first.headers["ETag"]
    assert client.get(named[1].removeprefix(BASE), headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/issues/letter-3/card.png").status_code == 410
    assert client.get("/issues/nothing/card.png").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"), [("/issues/nothing", 404), ("/issues/letter-3", 410), ("/x", 404)]
)
def test_a_page_that_is_not_there_helps(
    client: FlaskClient, letters: list[int], path: str, status: int
) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert 'role="search"' in response.text
    assert "/issues/letter-0" in response.text
    assert "noindex" in response.text
    assert "letter-3" not in response.text
