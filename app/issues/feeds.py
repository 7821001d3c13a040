"""Reading feeds and lists of feeds: RSS, Atom and RDF by feedparser, JSON Feed and OPML by ourselves.

feedparser is forgiving, which feeds need, and takes a third of a millisecond an item and more for what is broken.
So a feed is cut to its newest hundred items, without its document type and its long texts, before it is parsed: a
hundred thousand items or an entity bomb never reach the parser (A26).
"""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, Final
from urllib.parse import urljoin

import feedparser

from app.foundation.errors import ContentError, InvalidInput
from app.issues.page.decoding import decode_page
from app.issues.page.people import joined, names_in
from app.issues.page.thinning import thin
from app.issues.page.words import LONGEST_EXCERPT, one_line
from app.issues.targets import read_target

NEWEST: Final = 100
MOST_FEEDS: Final = 500
LONGEST_ITEM: Final = 12_000
LONGEST_FEED: Final = 400_000
LONGEST_HEAD: Final = 32_000
LONGEST_TEXT: Final = 4_000

_DOCTYPE: Final = re.compile(
    r"<!DOCTYPE[^>\[]*+(?:\[(?:[^\]\"']++|\"[^\"]*+\"|'[^']*+')*+\])?[^>]*+>", re.IGNORECASE
)
_ITEM: Final = re.compile(r"<((?:[\w.-]{1,20}:)?(?:item|entry))(?=[\s>/])")
_LONG: Final = re.compile(
    r"<((?:[\w.-]{1,20}:)?(?:encoded|content|description|summary|body))(?=[\s>])[^>]{0,2000}+>"
)
_DATE: Final = re.compile(
    r"<(?:[\w.-]{1,20}:)?(?:pubDate|published|date|issued|updated|modified)\b[^>]{0,200}>\s*([^<]{4,60})<",
    re.IGNORECASE,
)
_KNOWN_ROOT: Final = re.compile(r"<(?:[\w.-]{1,20}:)?(?:rss|feed|RDF|channel)[\s>]", re.IGNORECASE)
_FEED_LINK: Final = re.compile(r"<link\b[^>]{0,2000}>", re.IGNORECASE)
_REST_OF_TAG: Final = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_ATTRIBUTE: Final = re.compile(r"([\w:.-]{1,40})\s*=\s*(?:\"([^\"]*+)\"|'([^']*+)')")
LONG_AGO: Final = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FeedItem:
    """One item; `published_at` is None where the feed gives no date, and never later than the moment of reading."""

    guid: str
    url: str
    title: str
    author: str = ""
    excerpt: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True)
class ParsedFeed:
    """A feed's own name, its site, and its newest items, the newest first."""

    title: str
    site_url: str
    items: tuple[FeedItem, ...]


@dataclass(frozen=True)
class ListedFeed:
    """A feed as a list of subscriptions names it."""

    url: str
    title: str


def parse_feed(body: bytes, content_type: str, url: str, now: datetime) -> ParsedFeed:
    """Raises ContentError naming `url` for what is no feed."""
    text = decode_page(body, content_type).lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return _json_feed(text, url, now)
    text = _DOCTYPE.sub("", text)
    if not _KNOWN_ROOT.search(text[:20_000]):
        raise _no_feed()
    read = feedparser.parse(
        io.BytesIO(_newest(text, now).encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    items = [item for entry in read.entries for item in _item(entry, url, now)]
    feed = read.feed
    return ParsedFeed(one_line(feed.get("title"), 200), _address(url, feed.get("link", "")), _sorted(items))


def feed_links(html: str, url: str) -> list[str]:
    """The feeds that a page announces, in order."""
    found = []
    for tag in _FEED_LINK.findall(html[:500_000]):
        said = _attributes(tag)
        if "alternate" in said.get("rel", "").lower() and re.search(
            r"(?i)rss|atom|feed\+json", said.get("type", "")
        ):
            address = _address(url, said.get("href", ""))
            if address and "comments" not in address:
                found.append(address)
    return found[:5]


def read_opml(body: bytes) -> list[ListedFeed]:
    """The feeds of a list of subscriptions, each once. Raises ContentError when there are none, or too many."""
    text = decode_page(body, "text/xml")
    feeds: dict[str, ListedFeed] = {}
    for tag in _outlines(text):
        said = _attributes(tag)
        address = _address("", said.get("xmlurl", ""))
        if address:
            feeds.setdefault(
                address, ListedFeed(address, one_line(said.get("title") or said.get("text"), 200))
            )
    if not feeds:
        raise ContentError(
            "There are no feeds in this file.",
            field="file",
            hint="Export your subscriptions as OPML from your feed reader and choose that file.",
        )
    if len(feeds) > MOST_FEEDS:
        raise ContentError(
            f"The file lists {len(feeds):,} feeds; at most {MOST_FEEDS} can be followed.", field="file"
        )
    return list(feeds.values())


def _outlines(text: str) -> Iterator[str]:
    """The attributes of every outline; what is never closed ends the reading."""
    for found in re.finditer(r"(?i)<outline\b", text):
        rest = _REST_OF_TAG.match(text, found.end())
        if rest is None:
            return
        yield rest.group(0)


def _newest(text: str, now: datetime) -> str:
    """The feed with its newest items alone, each without its long texts."""
    spans = list(_item_spans(text))
    if not spans:
        return text[:LONGEST_HEAD]
    dated = [(_date(text[start:end], now) or LONG_AGO, -number) for number, (start, end) in enumerate(spans)]
    order = sorted(range(len(spans)), key=dated.__getitem__, reverse=True)[:NEWEST]
    kept, room = {}, LONGEST_FEED
    for number in order:
        item = _short(text[slice(*spans[number])])
        room -= len(item)
        if room >= 0:
            kept[number] = item
    head, tail = text[: spans[0][0]], text[spans[-1][1] :]
    return head[:LONGEST_HEAD] + "".join(kept[number] for number in sorted(kept)) + tail[-LONGEST_TEXT:]


def _item_spans(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    while found := _ITEM.search(text, at):
        end = text.find(f"</{found[1]}", found.end())
        close = text.find(">", end) + 1 if end >= 0 else 0
        if not close:
            return
        yield found.start(), close
        at = close


def _short(item: str) -> str:
    """The item without texts that nobody reads here; one that is too long all the same is left out."""
    if len(item) <= LONGEST_TEXT:
        return item
    kept, at = [], 0
    while found := _LONG.search(item, at):
        end = item.find(f"</{found[1]}>", found.end())
        kept.append(item[at : found.start()])
        if end < 0:
            return ""
        at = end + len(found[1]) + 3
    short = "".join(kept) + item[at:]
    return short if len(short) <= LONGEST_ITEM else ""


def _date(item: str, now: datetime) -> datetime | None:
    found = _DATE.search(item)
    return _moment(found[1], now) if found else None


def _moment(raw: str, now: datetime) -> datetime | None:
    """An instant, the present for one that lies in the future; None for what is none."""
    text = raw.strip()
    for reading in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = reading(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return _not_later(at if at.tzinfo else at.replace(tzinfo=UTC), now)
    return None


def _not_later(at: datetime, now: datetime) -> datetime | None:
    try:
        at = at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return min(at, now) if at >= LONG_AGO else None


def _item(entry: Any, base: str, now: datetime) -> Iterator[FeedItem]:
    url = _address(base, entry.get("feedburner_origlink") or entry.get("link") or "")
    if not url:
        return
    yield FeedItem(
        guid=str(entry.get("id") or url)[:2000],
        url=url,
        title=one_line(entry.get("title")),
        author=joined(names_in(str(entry.get("author") or ""))),
        excerpt=one_line(_plain(str(entry.get("summary") or "")), LONGEST_EXCERPT),
        published_at=_published(entry, now),
    )


def _published(entry: Any, now: datetime) -> datetime | None:
    """As the feed says it; feedparser's guess at odd dates counts only where it is not the future."""
    for name in ("published", "updated", "created"):
        said, guess = dict.get(entry, name), dict.get(entry, f"{name}_parsed")
        at = _moment(str(said), now) if said else None
        if at is None and guess:
            at = _moment("-".join(f"{part:02d}" for part in guess[:3]), now)
            at = None if at == now else at
        if at is not None:
            return at
    return None


def _json_feed(text: str, url: str, now: datetime) -> ParsedFeed:
    """jsonfeed.org, versions 1 and 1.1."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_feed() from None
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        raise _no_feed()
    items = []
    raw = feed.get("items")
    for entry in raw if isinstance(raw, list) else []:
        if not isinstance(entry, dict):
            continue
        address = _address(url, str(entry.get("url") or entry.get("external_url") or ""))
        people = entry.get("authors") if isinstance(entry.get("authors"), list) else [entry.get("author")]
        names = [str(each.get("name") or "") for each in people or [] if isinstance(each, dict)]
        if address:
            items.append(
                FeedItem(
                    guid=str(entry.get("id") or address)[:2000],
                    url=address,
                    title=one_line(str(entry.get("title") or "")),
                    author=joined(name for each in names for name in names_in(each)),
                    excerpt=one_line(
                        str(entry.get("summary") or entry.get("content_text") or ""), LONGEST_EXCERPT
                    ),
                    published_at=_moment(str(entry.get("date_published") or ""), now),
                )
            )
    return ParsedFeed(
        one_line(str(feed.get("title") or ""), 200),
        _address(url, str(feed.get("home_page_url") or "")),
        _sorted(items),
    )


def _sorted(items: list[FeedItem]) -> tuple[FeedItem, ...]:
    """The newest first, the undated after them in the feed's order; the same item once."""
    once = list({item.guid: item for item in reversed(items)}.values())[::-1]
    return tuple(sorted(once, key=lambda item: item.published_at or LONG_AGO, reverse=True)[:NEWEST])


def _plain(html: str) -> str:
    """Words out of a summary in HTML."""
    return re.sub(r"<[^<>]{0,2000}>", " ", thin(html[: 4 * LONGEST_TEXT])) if "<" in html else html


def _attributes(tag: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(found[2] or found[3] or "").strip() for found in _ATTRIBUTE.finditer(tag)
    }


def _address(base: str, raw: str) -> str:
    """The full address, or "" for what is none."""
    try:
        return read_target(urljoin(base, raw.strip())).url if raw.strip() else ""
    except (InvalidInput, ValueError):
        return ""


def _no_feed() -> ContentError:
    return ContentError(
        "This is not a feed.",
        field="url",
        hint="Give the address of an RSS, Atom or JSON feed, or of a page that has one.",
    )
