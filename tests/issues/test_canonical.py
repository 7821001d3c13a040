"""One article, one address: never two articles for one, and the same answer however often it is asked."""

import json
from itertools import combinations
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.foundation.errors import InvalidInput
from app.issues.canonical import best_canonical, clean_url, same_article_key, site_of

PAGES = json.loads((Path(__file__).parent / "pages" / "expected.json").read_text())
ARTICLES = sorted({page["expected"]["canonical"] for page in PAGES.values()})

# Pairs that look alike and are not the same article: numbers in the query, one letter in the path, pages of others.
LOOKALIKES = [
    "https://oldpress.example/story.php?id=8813",
    "https://oldpress.example/story.php",
    "https://oldpress.example/",
    "https://wardreview.example/Hospital-letters/",
    "https://wardreview.example/hospital-letters-2/",
    "https://wardreview.example/",
    "https://deskbydesk.substack.com/p/a-smaller-survey-2",
    "https://otherdesk.substack.com/p/a-smaller-survey",
    "https://www.youtube.com/watch?v=a1B2c3D4e5f",
    "https://www.youtube.com/watch?v=a1B2c3D4e5F_",
    "https://forum.example/viewtopic.php?t=118",
    "https://forum.example/viewtopic.php?t=119",
    "https://forum.example/viewtopic.php?f=2&t=119",
    "https://shop.example/guitars/amp",
    "https://shop.example/guitars",
    "https://travel.example/fares?from=berlin&to=oslo",
    "https://travel.example/fares?from=oslo&to=berlin",
    "https://app.example/#/story/1",
    "https://app.example/#/story/2",
    "https://archive.example/?12345",
    "https://archive.example/?12346",
    "https://example.com/a%2Fb",
    "https://example.com/a/b",
    "https://example.com/a;b",
    "https://example.com/a%3Bb",
    "https://example.com:8080/a/b",
    "https://news.example.com/a/b",
    "https://papers.openshelf.example/abs/2610.01235",
    "https://journal.servicelab.example/article/view/119",
    "https://medium.com/service-lines/what-drivers-know-8c1d2e3f4a5c",
]
COLLECTION = sorted({*ARTICLES, *LOOKALIKES})

articles = st.sampled_from(COLLECTION)
words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)
marks = st.one_of(
    st.builds("utm_{}={}".format, st.sampled_from(["source", "medium", "campaign", "term", "id"]), words),
    st.builds(
        "{}={}".format, st.sampled_from(["fbclid", "gclid", "mc_cid", "mc_eid", "igshid", "msclkid"]), words
    ),
    st.builds("{}={}".format, st.sampled_from(["ref", "source"]), words),
    st.sampled_from(
        ["_hsenc=p2AN-8_x", "mkt_tok=MDAw%3D", "at_medium=RSS", "smid=url-share", "trk=public_post"]
    ),
)


@st.composite
def spellings(draw: st.DrawFn, url: str) -> str:
    """Another address under which people pass on the same article."""
    rest, _, fragment = url.partition("#")
    base, _, query = rest.partition("?")
    scheme, host, path = base.split("/", 3)[0], base.split("/", 3)[2], "/" + base.split("/", 3)[3]
    if ":" not in host:
        scheme = draw(st.sampled_from(["http:", "https:"]))
    if not host.startswith("www.") and host.count(".") == 1:
        host = draw(st.sampled_from([host, f"www.{host}", f"m.{host}", f"{host.upper()}"]))
    if draw(st.booleans()) and path.endswith("/") and len(path) > 1:
        path = path.rstrip("/")
    pieces = [piece for piece in query.split("&") if piece] + draw(st.lists(marks, max_size=4))
    pieces = draw(st.permutations(pieces))
    said = f"#{fragment}" if fragment else draw(st.sampled_from(["", "#comments", "#:~:text=promise"]))
    spelled = f"{scheme}//{host}{path}" + (f"?{'&'.join(pieces)}" if pieces else "") + said
    return f"https://www.google.com/url?q={quoted(spelled)}&sa=D" if draw(st.integers(0, 5)) == 0 else spelled


def quoted(url: str) -> str:
    return quote(url, safe="")


@settings(deadline=None)
@given(st.data(), articles)
def test_however_an_article_is_passed_on_it_is_recognised(data: st.DataObject, url: str) -> None:
    passed_on = data.draw(spellings(url))
    assert same_article_key(passed_on) == same_article_key(url)


@settings(deadline=None)
@given(st.data(), articles, articles)
def test_no_two_articles_of_the_collection_become_one(data: st.DataObject, one: str, other: str) -> None:
    if one != other:
        assert same_article_key(data.draw(spellings(one))) != same_article_key(data.draw(spellings(other)))


def test_every_pair_of_the_collection_stays_two() -> None:
    assert len(COLLECTION) >= 85
    keys = {url: same_article_key(url) for url in COLLECTION}
    assert len(set(keys.values())) == len(keys), [
        (one, other) for one, other in combinations(COLLECTION, 2) if keys[one] == keys[other]
    ]


@settings(deadline=None)
@given(st.data(), articles)
def test_cleaning_twice_is_cleaning_once(data: st.DataObject, url: str) -> None:
    once = clean_url(data.draw(spellings(url)))
    assert clean_url(once) == once
    assert same_article_key(once) == same_article_key(same_article_key(once))


@settings(deadline=None)
@given(
    st.text("ab%2F3Ac/.-_~;:@&=+$,é ?#![]{}|^<>'\"\\", max_size=40),
    st.sampled_from(
        ["http://e.example/", "https://user.substack.com/p/", "https://www.google.com/url?q=", "https://"]
    ),
)
def test_any_address_is_refused_or_settled_for_good(tail: str, start: str) -> None:
    try:
        once = clean_url(start + tail)
        key = same_article_key(start + tail)
    except InvalidInput:
        return
    assert clean_url(once) == once
    assert same_article_key(once) == key
    assert same_article_key(key) == key


@settings(deadline=None)
@given(st.data(), articles)
def test_a_page_that_names_any_article_of_the_collection_stays_itself_or_becomes_that_one(
    data: st.DataObject, url: str
) -> None:
    declared = data.draw(articles)
    chosen = best_canonical(url, declared)
    assert chosen in {clean_url(url), clean_url(declared)}
    assert best_canonical(chosen, declared) in {chosen, clean_url(declared)}
    assert best_canonical(url, url) == clean_url(url)


@pytest.mark.parametrize(
    ("given_url", "clean"),
    [
        ("HTTPS://Www.Example.com:443/A?utm_source=x&b=2&a=1#top", "https://www.example.com/A?b=2&a=1"),
        ("http://example.com/?12345", "http://example.com/?12345"),
        ("https://example.com/%7Eann/%c3%a9t%C3%A9", "https://example.com/~ann/%C3%A9t%C3%A9"),
        ("https://example.com/x?ref=123&ref=newsletter", "https://example.com/x?ref=123"),
        ("https://example.com/watch?v=1&t=2", "https://example.com/watch?v=1&t=2"),
        (
            "https://medium.com/@a/b-c-123456789abc?sk=friend&source=rss-1",
            "https://medium.com/@a/b-c-123456789abc?sk=friend",
        ),
        ("https://a.substack.com/p/x?r=1&s=w&utm_medium=web", "https://a.substack.com/p/x"),
        ("https://www.google.com/amp/s/www.example.com/a-b/amp/", "https://www.example.com/a-b/amp/"),
        ("https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a-b", "https://www.example.com/a-b"),
        (
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fa%3Ffbclid%3Dz&h=1",
            "https://example.com/a",
        ),
        (
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.com%2Fa&data=05",
            "https://example.com/a",
        ),
        (
            "https://urldefense.com/v3/__https://example.com/a?b=1__;!!abc$",
            "https://urldefense.com/v3/__https://example.com/a?b=1__;!!abc$",
        ),
        ("https://urldefense.com/v3/__https://example.com/a__;!!abc$", "https://example.com/a"),
        ("https://example.com/#!/story/7", "https://example.com/#!/story/7"),
    ],
)
def test_a_link_for_readers_keeps_what_it_needs(given_url: str, clean: str) -> None:
    assert clean_url(given_url) == clean


FIVE = {
    "plain": "https://www.example.com/2026/kind-refusals/",
    "counted": "http://example.com/2026/kind-refusals?utm_source=linkedin&fbclid=IwAR1",
    "phone": "https://m.example.com/2026/kind-refusals#comments",
    "amp": "https://www.google.com/amp/s/www.example.com/2026/kind-refusals/amp/",
    "mailed": "https://nam12.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.com%2F2026%2Fkind-refusals%2F&data=1",
}


def test_the_same_article_under_five_addresses_is_one() -> None:
    assert len({same_article_key(url) for url in FIVE.values()}) == 1


VIDEO = [
    "https://youtu.be/a1B2c3D4e5F?si=x",
    "https://m.youtube.com/watch?app=desktop&v=a1B2c3D4e5F&t=4s",
    "https://www.youtube.com/shorts/a1B2c3D4e5F",
    "https://www.youtube.com/embed/a1B2c3D4e5F",
]


def test_a_video_is_one_wherever_it_is_watched() -> None:
    assert len({same_article_key(url) for url in VIDEO}) == 1


@pytest.mark.parametrize(
    ("page", "declared", "chosen"),
    [
        ("https://a.example/x/amp", "https://a.example/x", "declared"),
        ("https://m.a.example/x-y", "https://www.a.example/x-y", "declared"),
        ("https://a.example/?p=12", "https://a.example/2026/my-post/", "declared"),
        ("https://a.example/post/page/2", "https://a.example/post", "declared"),
        ("https://news.a-paper.co.uk/story-1", "https://www.a-paper.co.uk/news/story-1", "declared"),
        ("https://a.example/x?session=3f9a1c2b", "https://a.example/x", "page"),
        ("https://a.example/x?view=full", "https://a.example/x", "declared"),
        ("https://a.example/blog/my-post", "https://a.example/", "page"),
        ("https://a.example/blog/my-post", "https://a.example/blog/", "page"),
        ("https://a.example/story?id=1", "https://a.example/story", "page"),
        ("https://a.example/my-first-post", "https://b.example/other", "page"),
        ("https://a.example/my-first-post", "https://b.example/essays/my-first-post-12/", "declared"),
        ("https://one.co.uk/my-post", "https://two.co.uk/x", "page"),
        ("https://ann.github.io/notes/a", "https://bob.github.io/notes/b", "page"),
        ("https://a.example/x", "http://localhost:3000/x", "page"),
        ("https://a.example/x", "http://192.168.0.4/x", "page"),
        ("https://a.example/x", "javascript:alert(1)", "page"),
        ("https://a.example/x", "", "page"),
        ("https://a.example/", "https://a.example", "declared"),
    ],
)
def test_a_page_is_believed_about_itself_only_where_it_is_sane(page: str, declared: str, chosen: str) -> None:
    assert best_canonical(page, declared) == clean_url(page if chosen == "page" else declared)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.example.com", "example.com"),
        ("en.m.wikipedia.org", "en.wikipedia.org"),
        ("m.example", "m.example"),
        ("amp.www.example.com", "example.com"),
        ("www2.example.com", "www2.example.com"),
        ("mobile.de", "mobile.de"),
    ],
)
def test_a_site_is_its_name_without_how_it_is_served(host: str, site: str) -> None:
    assert site_of(host) == site
