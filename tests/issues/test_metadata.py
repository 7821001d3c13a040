"""What a page says about itself is read right where pages are careful, and harmlessly where they are not (A26, A27)."""

import json
import time
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.issues.metadata import Metadata, read_metadata
from app.issues.page.dates import find_day, read_day
from app.issues.page.decoding import decode_page
from app.issues.page.people import joined, names_in
from app.issues.page.thinning import thin
from app.issues.page.words import one_line
from tests.fixtures.pace import allowed

FOLDER = Path(__file__).parent / "pages"
PAGES: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())
TODAY = date(2026, 11, 16)
URL = "https://example.com/2026/some-article"
HTML = "text/html; charset=utf-8"


def read(html: str | bytes, url: str = URL, content_type: str = HTML) -> Metadata:
    body = html.encode() if isinstance(html, str) else html
    return read_metadata(url, content_type, body, today=TODAY)


def told(found: Metadata) -> dict[str, object]:
    return {
        "title": found.title,
        "source": found.source,
        "author": found.author,
        "date": found.published_on.isoformat() if found.published_on else "",
        "canonical": found.canonical_url,
        "image": found.image_url,
        "minutes": found.minutes,
    }


def test_there_are_sixty_pages() -> None:
    assert len(PAGES) == 60
    assert {path.stem for path in FOLDER.glob("*.html")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_as_a_person_would(name: str) -> None:
    page = PAGES[name]
    found = told(read((FOLDER / f"{name}.html").read_bytes(), page["url"], page["content_type"]))
    assert found == page["expected"]


def test_a_door_for_robots_is_not_taken_for_the_page() -> None:
    page = PAGES["robot-door"]
    assert read((FOLDER / "robot-door.html").read_bytes(), page["url"]).at_the_door
    essay = f"<title>Just a moment, please</title><article>{'<p>' + 'word ' * 200}</article>"
    assert not read(essay).at_the_door


# -- hostile pages ---------------------------------------------------------------------------------------------

MB = 1024 * 1024
HOSTILE = {
    "nested lists": "<ul><li>" * 400_000,
    "nested divs": "<div>" * 600_000,
    "nested forms": "<center><form>" * 200_000,
    "a tag of attributes": "<div " + " ".join(f"a{n}=1" for n in range(400_000)) + ">",
    "unclosed bold before paragraphs": "".join(f"<b class={n}>" for n in range(50_000)) + "<p>" * 500_000,
    "nothing but angle brackets": "<" * 3 * MB,
    "comments without end": "<!--" * 700_000,
    "quotes without end": "<a x='\">" * 400_000,
    "scripts without end": "<script>" * 400_000,
    "entities": "&amp;" * 600_000,
    "metadata without end": '<meta property="og:title" content="b">' * 80_000,
    "data without end": '<script type="application/ld+json">{"a":' * 70_000,
    "data nested deep": f'<script type="application/ld+json">{"[" * 300_000}</script>',
    "times without end": "<time>1 May 2026</time>" * 130_000,
    "names without end": "<p class=author>By Ann Lee and " * 90_000,
    "a byline without end": f"<p class=author>By {'Ann ' * 700_000}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_three_megabytes_of_malice_take_seconds(name: str) -> None:
    begun = time.process_time()
    found = read(f"<title>Fine</title>{HOSTILE[name]}"[: 3 * MB])
    assert time.process_time() - begun < allowed(1.5)
    assert found.title in {"Fine", "b"}


def test_a_title_of_two_megabytes_is_passed_over_or_cut() -> None:
    long = "words " * (2 * MB // 6)
    assert read(f"<title>{long}</title><h1>Short</h1>").title == "Short"
    cut = read(f"<title>{long}</title>").title
    assert cut.endswith("…")
    assert len(cut) <= 300
    assert read(f'<meta property="og:title" content="{long}"><title>Short</title>').title == "Short"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Invoice \u202efdp.exe\u202c now", "Invoice fdp.exe now"),
        ("\u2066Left\u2069 \u200fright\u200e", "Left right"),
        ("Zero\u200bwidth\ufeff soft\u00adhyphen", "Zerowidth softhyphen"),
        ("a\x00b\x1b[31mc\nd\te", "a b [31mc d e"),
        ("<b>Bold</b> &lt;script&gt;alert(1)&lt;/script&gt; words", "Bold words"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("The <blink> element", "The <blink> element"),
        (
            "A family \U0001f468\u200d\U0001f469\u200d\U0001f467 stays",
            "A family \U0001f468\u200d\U0001f469\u200d\U0001f467 stays",
        ),
        ("Rules &amp;amp; rituals", "Rules &amp; rituals"),
        ("half a pair \ud83d", "half a pair ?"),
    ],
)
def test_words_from_outside_are_one_plain_line(raw: str, shown: str) -> None:
    assert one_line(raw) == shown


FRAGMENTS = st.sampled_from(
    [
        *(
            "<",
            ">",
            "</",
            "<!--",
            "-->",
            '"',
            "'",
            "=",
            "&",
            "&#x202e;",
            "&lt;",
            "\u202e",
            "\x00",
            "é",
            "\ud800",
        ),
        *(
            "<p>",
            "<div>",
            "<title>",
            "</title>",
            "<meta name=author content=",
            "<h1>",
            "By Ann Lee",
            "<img src=",
        ),
        *("<meta property='og:title' content='", '<script type="application/ld+json">', "</script>", "%zz"),
        *('{"@type":"Article","headline":', '"author":[{"@id":"#a"}]}', "<article>", "<svg>", "<table><td>"),
        *("<time datetime=", "2026-13-45", "0000-00-00", "<link rel=canonical href=", "//[", "http://"),
        *("javascript:1", "<![CDATA[", "]]>", "data:,", "http://[::1", "http://x:99999999/"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(FRAGMENTS, max_size=40).map("".join),
    st.sampled_from([HTML, "text/html; charset=utf-16", "", "x; charset=rot13"]),
)
def test_no_page_can_break_the_reading(html: str, content_type: str) -> None:
    found = read(html.encode("utf-8", "surrogatepass"), content_type=content_type)
    assert len(found.title) <= 300
    for line in (found.title, found.source, found.author, found.excerpt):
        assert not any(unicodedata.category(char) in {"Cc", "Cs"} or char in "\u202e\u2066" for char in line)
    assert found.image_url.startswith(("", "http://", "https://"))
    assert found.canonical_url.startswith(("http://", "https://"))


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["utf-8", "utf-16", "shift_jis", "latin-1", "iso-2022-jp", "idna", "zip", "nonsense"]),
)
def test_any_bytes_become_text(body: bytes, charset: str) -> None:
    assert isinstance(decode_page(body, f"text/html; charset={charset}"), str)


def test_text_that_is_utf_8_is_read_as_such_whatever_is_claimed() -> None:
    page = "<title>Café für 猫</title>"
    for claim in (
        "text/html; charset=iso-8859-1",
        "text/html; charset=shift_jis",
        "",
        "text/html; charset=unknown-8bit",
    ):
        assert decode_page(page.encode(), claim) == page
    assert decode_page(page.encode()[:-1] + "é".encode()[:1], "").startswith("<title>Café")


def test_a_page_that_was_cut_short_is_read_as_far_as_it_goes() -> None:
    page = (FOLDER / "ghost.html").read_bytes()
    assert read(page[: len(page) // 2], PAGES["ghost"]["url"]).title == "Nobody owns the second call"


def test_thinning_keeps_what_tells_something() -> None:
    page = '<p class="a" onclick="x()">One<br>two <b>three</b></p><script>x</script><img src="a.png" style="y" width=3>'
    assert thin(page) == '<p class="a">One\ntwo three</p><img src="a.png" width="3">'


# -- small questions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-10-05T23:30:00-04:00", date(2026, 10, 5)),
        ("2026-10-05 23:30", date(2026, 10, 5)),
        ("20261103", date(2026, 11, 3)),
        ("2026/3/1", date(2026, 3, 1)),
        ("Mon, 12 Oct 2026 08:00:00 +0000", date(2026, 10, 12)),
        ("October 5th, 2026", date(2026, 10, 5)),
        ("le 3 février 2026", date(2026, 2, 3)),
        ("2026-02-30", None),
        ("2027-01-01", None),
        ("1970-01-01", None),
        ("11/12/2025", None),
        ("yesterday", None),
        ("", None),
        ("99999999999999999999-01-01", None),
    ],
)
def test_a_day_is_read_or_left_open(raw: str, day: date | None) -> None:
    assert read_day(raw, TODAY) == day


def test_a_day_in_words_is_found_among_words() -> None:
    assert find_day("Posted by Ann on 4. Februar 2026 at noon, changed May 5, 2026", TODAY) == date(
        2026, 2, 4
    )


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("By Ann Lee", ["Ann Lee"]),
        ("Ann Lee, Bo Reyes and Ci Tran", ["Ann Lee", "Bo Reyes", "Ci Tran"]),
        ("Lee, Ann", ["Ann Lee"]),
        ("admin", []),
        ("https://www.facebook.com/ann", []),
        ("ann@example.com", []),
        ("Anderson Cooper", ["Anderson Cooper"]),
        ("Byron Day", ["Byron Day"]),
        ("Written by: Ann Lee | Photographs by Bo Reyes", ["Ann Lee", "Bo Reyes"]),
    ],
)
def test_names_are_taken_out_of_bylines(raw: str, names: list[str]) -> None:
    assert names_in(raw) == names


def test_names_are_joined_as_one_says_them() -> None:
    assert joined(["A B", "C D", "A B", "E F"]) == "A B, C D and E F"
    assert joined([]) == ""
