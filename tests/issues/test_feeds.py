"""Feeds of every kind are read to their newest items, and none can be heavy (A26)."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from app.foundation.errors import ContentError
from app.issues.feeds import NEWEST, ListedFeed, ParsedFeed, feed_links, parse_feed, read_opml
from tests.fixtures.pace import allowed

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
URL = "https://news.example/feeds/all"

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>Desk &amp; Counter</title><link>https://news.example/</link>
<item><title>Older</title><link>https://news.example/older?utm_source=rss</link><guid isPermaLink="false">tag:1</guid>
 <pubDate>Mon, 09 Nov 2026 08:00:00 -0500</pubDate></item>
<item><title><![CDATA[Newer <em>and</em> better]]></title><link>/newer</link>
 <dc:creator><![CDATA[Ann Lee, Bo Reyes]]></dc:creator>
 <description>&lt;p&gt;What &amp;amp; why&lt;/p&gt;</description>
 <content:encoded><![CDATA[<p>long</p>]]></content:encoded>
 <pubDate>Sun, 15 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>No link</title></item>
</channel></rss>"""

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://notes.example/blog/">
<title type="html">Notes &amp;amp; queries</title><link rel="alternate" href="/"/><link rel="self" href="/feed"/>
<entry><id>urn:1</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Two <b>desks</b></div></title>
<link rel="enclosure" href="/sound.mp3"/><link rel="alternate" type="text/html" href="two-desks"/>
<author><name>Juno Abara</name></author><updated>2026-11-14T10:00:00+01:00</updated>
<summary>One line.</summary></entry></feed>"""

RDF = """<?xml version="1.0" encoding="ISO-8859-1"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://alt.example/">
<title>Die Lücke</title><link>https://alt.example/</link><items><rdf:Seq><rdf:li resource="https://alt.example/1"/></rdf:Seq></items>
</channel><item rdf:about="https://alt.example/1"><title>Grüße</title><link>https://alt.example/1</link>
<dc:date>2026-11-10</dc:date></item></rdf:RDF>"""


def read(feed: str | bytes, content_type: str = "application/xml") -> ParsedFeed:
    return parse_feed(feed.encode() if isinstance(feed, str) else feed, content_type, URL, NOW)


def rss(*items: str, head: str = "") -> str:
    return f"<?xml version='1.0'?>{head}<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>"


def item(number: int, at: datetime | None = None) -> str:
    date = f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>" if at else ""
    return f"<item><title>Item {number}</title><link>https://news.example/{number}</link>{date}</item>"


def test_rss_gives_its_items_the_newest_first() -> None:
    feed = read(RSS)
    assert (feed.title, feed.site_url) == ("Desk & Counter", "https://news.example/")
    newer, older = feed.items
    assert (newer.title, newer.url, newer.author) == (
        "Newer and better",
        "https://news.example/newer",
        "Ann Lee and Bo Reyes",
    )
    assert newer.published_at == datetime(2026, 11, 15, 8, tzinfo=UTC)
    assert newer.excerpt == "What & why"
    assert (older.guid, older.published_at) == ("tag:1", datetime(2026, 11, 9, 13, tzinfo=UTC))


def test_atom_gives_its_alternates() -> None:
    feed = read(ATOM)
    (only,) = feed.items
    assert (feed.title, only.title, only.author) == ("Notes & queries", "Two desks", "Juno Abara")
    assert only.url == "https://notes.example/blog/two-desks"
    assert only.published_at == datetime(2026, 11, 14, 9, tzinfo=UTC)


def test_rdf_in_an_old_charset_is_read() -> None:
    feed = read(RDF.encode("iso-8859-1"))
    assert (feed.title, feed.items[0].title) == ("Die Lücke", "Grüße")
    assert feed.items[0].published_at == datetime(2026, 11, 10, tzinfo=UTC)


def test_json_feed_is_read() -> None:
    raw = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J",
        "home_page_url": "https://j.example/",
        "items": [
            {
                "id": 7,
                "url": "/a",
                "title": "A",
                "authors": [{"name": "Ann Lee"}],
                "date_published": "2026-11-01T00:00:00Z",
            },
            {"id": 8, "external_url": "https://else.example/b", "title": "B", "date_published": "nonsense"},
            {"id": 9, "title": "nowhere"},
            "not an item",
        ],
    }
    feed = read(json.dumps(raw), "application/feed+json")
    assert [(each.guid, each.url, each.author) for each in feed.items] == [
        ("7", "https://news.example/a", "Ann Lee"),
        ("8", "https://else.example/b", ""),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        rss("<item><title>Salt & pepper</title><link>https://news.example/1?a=1&b=2</link></item>"),
        rss(
            "<item><title>Salt &amp; pepper&nbsp;</title><link>https://news.example/1?a=1&amp;b=2</link></item>"
        ),
        "\n\n"
        + rss("<item><title>Salt &amp; pepper</title><link>https://news.example/1?a=1&amp;b=2</link></item>"),
        rss(
            "<item><title>Salt &amp; pepper</title><link>https://news.example/1?a=1&amp;b=2</link><p><b></item>"
        ),
        rss(
            "<item><title>Salt &amp; pepper\x08</title><link>https://news.example/1?a=1&amp;b=2</link></item>"
        ),
    ],
)
def test_a_broken_feed_is_read_all_the_same(broken: str) -> None:
    (only,) = read(broken).items
    assert (only.title, only.url) == ("Salt & pepper", "https://news.example/1?a=1&b=2")


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "<html><body>Hello</body></html>",
        "{}",
        '{"version": 1}',
        "{" * 100_000,
        "\x00\x01",
        "<?xml version='1.0'?><svg/>",
    ],
)
def test_what_is_no_feed_is_said(nothing: str) -> None:
    with pytest.raises(ContentError, match="not a feed"):
        read(nothing)


def test_a_feed_without_items_is_a_feed() -> None:
    assert read(rss()).items == ()


@pytest.mark.parametrize("newest_last", [True, False])
def test_of_a_hundred_thousand_items_the_newest_hundred_are_read(newest_last: bool) -> None:
    begin = datetime(2010, 1, 1, tzinfo=UTC)
    numbers = range(100_000) if newest_last else range(99_999, -1, -1)
    body = rss(*(item(number, begin + timedelta(hours=number)) for number in numbers)).encode()
    begun = time.process_time()
    feed = read(body)
    assert [each.title for each in feed.items] == [f"Item {number}" for number in range(99_999, 99_899, -1)]
    assert len(feed.items) == NEWEST
    assert time.process_time() - begun < allowed(1)


def test_dates_in_the_future_are_now_and_nonsense_is_none() -> None:
    feed = read(
        rss(
            item(1, NOW + timedelta(days=400)),
            item(2, NOW - timedelta(hours=1)),
            "<item><title>3</title><link>/3</link><pubDate>soon</pubDate></item>",
            "<item><title>4</title><link>/4</link><pubDate>9999-99-99</pubDate></item>",
            "<item><title>5</title><link>/5</link><pubDate>1900-01-01T00:00:00Z</pubDate></item>",
        )
    )
    assert [each.published_at for each in feed.items][:2] == [NOW, NOW - timedelta(hours=1)]
    assert all(each.published_at is None for each in feed.items[2:])


BOMB = (
    "<!DOCTYPE lolz [<!ENTITY lol 'lol'>"
    + "".join(f"<!ENTITY lol{n} '{f'&lol{n - 1 if n > 1 else str()};' * 10}'>" for n in range(1, 12))
    + "]>"
)
HEAVY = {
    "billion laughs": rss("<item><title>&lol11;</title><link>/a</link></item>", head=BOMB),
    "a file by entity": rss(
        "<item><title>&x;</title><link>/a</link></item>",
        head="<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    ),
    "a quadratic entity": rss(
        f"<item><title>{'&a;' * 3000}</title><link>/a</link></item>",
        head=f"<!DOCTYPE a [<!ENTITY a '{'x' * 100_000}'>]>",
    ),
    "document types without end": rss(head="<!DOCTYPE a [" * 200_000),
    "items without end": rss("<item>" * 500_000),
    "descriptions without end": rss("<item><title>a</title>", "<description>" * 200_000, "</item>"),
    "a long description": rss(
        "<item><title>a</title><link>/a</link><description>", "&amp; x " * 400_000, "</description></item>"
    ),
    "tags that mean nothing": rss(
        *(f"<item><title>a & b</title><link>/{n}</link>{'<x>' * 9_000}</item>" for n in range(100))
    ),
    "quotes without end": rss(
        *(
            f"<item><title>a & b</title><link>/{n}</link>{'<a b=' + chr(39) * 3_000}</item>"
            for n in range(300)
        )
    ),
    "a tail of brackets": rss("<item><title>a</title><link>/a</link></item>", "<" * 3_000_000),
    "deep json": '{"version":"https://jsonfeed.org/version/1","items":' + "[" * 1_000_000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_feed_can_be_heavy(name: str) -> None:
    begun = time.process_time()
    try:
        feed = read(HEAVY[name][: 3 * 1024 * 1024])
    except ContentError:
        feed = None
    assert time.process_time() - begun < allowed(0.4)
    for each in feed.items if feed else ():
        assert "lollol" not in each.title
        assert "root:" not in each.title
        assert len(each.title) <= 300


def test_a_page_announces_its_feeds() -> None:
    page = """<link rel="stylesheet" href="a.css"><link rel=alternate type="application/rss+xml" href="/comments/feed">
    <LINK REL="alternate" TYPE="application/rss+xml" TITLE="All" HREF="/feed?a=1&amp;b=2"><link rel="alternate"
    type="application/atom+xml" href="https://other.example/atom"><link rel="alternate" hreflang="de" href="/de/">"""
    assert feed_links(page, "https://news.example/blog/") == [
        "https://news.example/feed?a=1&b=2",
        "https://other.example/atom",
    ]


OPML = """<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Service"><outline type="rss" text="Desk &amp; Counter" title="Desk &amp; Counter" xmlUrl="https://news.example/feeds/all"
 htmlUrl="https://news.example/"/><outline text="Notes" xmlUrl='https://notes.example/feed'/></outline>
<outline text="again" xmlUrl="https://news.example/feeds/all"/><outline text="bad" xmlUrl="file:///etc/passwd"/></body></opml>"""


def test_a_list_of_subscriptions_gives_each_feed_once() -> None:
    assert read_opml(OPML.encode()) == [
        ListedFeed("https://news.example/feeds/all", "Desk & Counter"),
        ListedFeed("https://notes.example/feed", "Notes"),
    ]


def test_a_list_without_feeds_or_with_thousands_is_refused_in_words() -> None:
    with pytest.raises(ContentError, match="no feeds"):
        read_opml(b"<opml><body/></opml>")
    many = "".join(f'<outline xmlUrl="https://f{n}.example/"/>' for n in range(501))
    with pytest.raises(ContentError, match="501"):
        read_opml(many.encode())
    begun = time.process_time()
    with pytest.raises(ContentError):
        read_opml(BOMB.encode() + b"<outline " * 300_000)
    assert time.process_time() - begun < allowed(0.2)
