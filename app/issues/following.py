"""Following feeds: what they bring lies in the tray until the author looks at it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Conflict, ContentError, InvalidInput, NotFound
from app.foundation.jobs import ring_after_commit
from app.issues.canonical import clean_url, same_article_key
from app.issues.clip_models import Clip, ClipOrigin, Feed, FeedEntry
from app.issues.clipping import Outcome, Source, clip
from app.issues.feeds import MOST_FEEDS, FeedItem, ListedFeed, ParsedFeed, feed_links, parse_feed
from app.issues.fetching import Fetched, Fetcher, FetchFailed, Want, status_words
from app.issues.page.decoding import decode_page
from app.issues.page.words import one_line

EVERY: Final = timedelta(hours=1)
LEASE: Final = timedelta(minutes=10)
LONGEST_PAUSE: Final = timedelta(hours=24)
NEWS: Final = timedelta(days=14)
FIRST_NEWS: Final = timedelta(days=7)
MOST_FIRST: Final = 10
MOST_UNDATED: Final = 5
KEPT: Final = timedelta(days=180)


@dataclass(frozen=True)
class Polled:
    """What a look at a feed brought. `feed` is None when nothing is new or nothing could be read (`problem`);
    `ended` says that the feed is gone for good."""

    url: str
    feed: ParsedFeed | None = None
    etag: str = ""
    last_modified: str = ""
    problem: str = ""
    ended: bool = False


def follow(session: Session, now: datetime, url: str, title: str = "") -> Feed:
    """Follow a feed, or a page that has one. Raises InvalidInput, and Conflict when it is followed already."""
    cleaned = clean_url(url)
    if _feed_at(session, cleaned) is not None:
        raise Conflict("You follow this feed already.", field="url")
    if (session.scalar(select(func.count()).select_from(Feed)) or 0) >= MOST_FEEDS:
        raise Conflict(f"You follow {MOST_FEEDS} feeds already.", field="url", hint="Let some go first.")
    feed = Feed(url=cleaned, url_hash=_hash(cleaned), title=one_line(title), followed_at=now, due_at=now)
    try:
        with session.begin_nested():
            session.add(feed)
    except IntegrityError as error:  # the other of two presses was first
        raise Conflict("You follow this feed already.", field="url") from error
    ring_after_commit(session, "clipping.poll_feed", feed.id)
    return feed


def follow_list(session: Session, now: datetime, listed: Iterable[ListedFeed]) -> int:
    """Follow every feed of a list that is not followed yet; how many are new. Raises Conflict for too many."""
    new = 0
    for each in listed:
        try:
            if _feed_at(session, clean_url(each.url)) is None:
                follow(session, now, each.url, each.title)
                new += 1
        except InvalidInput:
            continue
    return new


def unfollow(session: Session, feed_id: int) -> None:
    """Let a feed go. What it brought stays where it lies."""
    session.execute(update(Clip).where(Clip.feed_id == feed_id).values(feed_id=None))
    if not changed_rows(session, delete(Feed).where(Feed.id == feed_id)):
        raise NotFound("There is no such feed.", hint="Load the page again.")


def list_feeds(session: Session) -> list[Feed]:
    """Every feed, by name."""
    return list(session.scalars(select(Feed).order_by(func.lower(Feed.title), Feed.url)))


def due_feed_ids(session: Session, now: datetime, limit: int = 20) -> list[int]:
    """Feeds that are to be looked at, the longest waiting first."""
    return list(session.scalars(select(Feed.id).where(Feed.due_at <= now).order_by(Feed.due_at).limit(limit)))


def claim_poll(session: Session, now: datetime, feed_id: int) -> Feed | None:
    """Take on looking at a feed; None when it is not due or taken on already."""
    claimed = changed_rows(
        session, update(Feed).where(Feed.id == feed_id, Feed.due_at <= now).values(due_at=now + LEASE)
    )
    return session.get(Feed, feed_id, populate_existing=True) if claimed else None


def poll(fetcher: Fetcher, now: datetime, url: str, *, etag: str = "", last_modified: str = "") -> Polled:
    """Look at a feed; a page instead of one leads to the feed it announces. No database. Never raises for a feed."""
    try:
        answer = fetcher.fetch(url, Want.FEED, etag=etag, last_modified=last_modified)
        if answer.status == 304:
            return Polled(url, etag=etag, last_modified=last_modified)
        if answer.status >= 400:
            return Polled(url, problem=status_words(answer.status), ended=answer.status == 410)
        try:
            return _polled(url, answer, now)
        except ContentError:
            announced = feed_links(
                decode_page(answer.body, answer.headers.get("content-type", "")), answer.url
            )
            if not announced:
                raise
            return _polled(announced[0], fetcher.fetch(announced[0], Want.FEED), now)
    except (FetchFailed, ContentError) as error:
        return Polled(url, problem=" ".join(filter(None, (error.message, error.hint))))


def record_poll(session: Session, now: datetime, feed_id: int, found: Polled) -> int:
    """Keep what a look brought: new items into the tray, the next look into the calendar. How many are new."""
    feed = session.get(Feed, feed_id)
    if feed is None:
        return 0
    feed.polled_at, feed.problem = now, found.problem[:300]
    if found.problem:
        feed.failures += 1
        pause = min(LONGEST_PAUSE, EVERY * 2 ** min(feed.failures, 10))
        feed.due_at = None if found.ended else now + pause
        return 0
    feed.failures, feed.due_at = 0, now + EVERY
    feed.etag, feed.last_modified = found.etag[:500], found.last_modified[:100]
    if found.feed is None:
        return 0
    if found.url != feed.url and _feed_at(session, clean_url(found.url)) is None:
        feed.url, feed.url_hash = clean_url(found.url), _hash(found.url)
    feed.title = feed.title or found.feed.title or feed.url
    feed.site_url = found.feed.site_url
    return _take_items(session, now, feed, found.feed.items)


def _polled(url: str, answer: Fetched, now: datetime) -> Polled:
    feed = parse_feed(answer.body, answer.headers.get("content-type", ""), answer.url, now)
    return Polled(url, feed, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))


def _take_items(session: Session, now: datetime, feed: Feed, items: tuple[FeedItem, ...]) -> int:
    """The first look brings the week's news, later ones what is new; all that was met is remembered."""
    hashes = {_digest(item.guid): item for item in items}
    known = set(
        session.scalars(
            select(FeedEntry.guid_hash).where(FeedEntry.feed_id == feed.id, FeedEntry.guid_hash.in_(hashes))
        )
    )
    first = not session.scalar(select(FeedEntry.id).where(FeedEntry.feed_id == feed.id).limit(1))
    fresh = {guid: item for guid, item in hashes.items() if guid not in known}
    session.add_all(FeedEntry(feed_id=feed.id, guid_hash=guid, seen_at=now) for guid in fresh)
    stale = FeedEntry.guid_hash.not_in(hashes) & (FeedEntry.seen_at < now - KEPT)
    session.execute(delete(FeedEntry).where(FeedEntry.feed_id == feed.id, stale))
    new = 0
    for item in _news(list(fresh.values()), now, first=first):
        source = Source(
            ClipOrigin.FEED, feed_id=feed.id, title=item.title, byline=item.author, excerpt=item.excerpt
        )
        try:
            new += clip(session, now, item.url, source).outcome is Outcome.NEW
        except InvalidInput:
            continue
    session.flush()
    return new


def _news(items: list[FeedItem], now: datetime, *, first: bool) -> list[FeedItem]:
    """What may lie in the tray: no archive that was renumbered, and no flood from a feed without dates."""
    since = now - (FIRST_NEWS if first else NEWS)
    dated = [item for item in items if item.published_at and item.published_at >= since]
    undated = [item for item in items if item.published_at is None][:MOST_UNDATED]
    return (dated + undated)[:MOST_FIRST] if first else dated + undated


def _feed_at(session: Session, url: str) -> Feed | None:
    return session.scalar(select(Feed).where(Feed.url_hash == _hash(url)))


def _hash(url: str) -> str:
    return _digest(same_article_key(url))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
