"""Feeds bring what is new into the tray, politely and without a flood."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.errors import Conflict, InvalidInput
from app.issues.arranging import move_clip
from app.issues.clip_models import Clip, ClipState, Feed
from app.issues.feeds import ListedFeed
from app.issues.following import due_feed_ids, follow, follow_list, unfollow
from app.wiring import Runtime
from tests.fixtures.clock import FrozenClock
from tests.fixtures.web import Site
from tests.issues.gathering import Reached, article, reaching

RSS = {"Content-Type": "application/rss+xml"}


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site().start()
    yield site
    site.stop()


@pytest.fixture
def reached(runtime: Runtime, site: Site) -> Reached:
    return reaching(runtime, site)


def feed_of(site: Site, *items: tuple[str, datetime | None]) -> str:
    """A feed with articles of the site, each of which can be read."""
    entries = ""
    for path, at in items:
        site.answer(path, article(f"Title of {path}"))
        date = f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>" if at else ""
        entries += (
            f"<item><title>Item {path}</title><link>{site.url(path)}</link><guid>{path}</guid>{date}</item>"
        )
    return f"<rss version='2.0'><channel><title>Desk Notes</title><link>{site.url()}</link>{entries}</channel></rss>"


def following(reached: Reached, url: str) -> int:
    with reached.runtime.database.writing() as session:
        return follow(session, reached.runtime.clock(), url).id


def tray(reached: Reached) -> list[str]:
    with reached.runtime.database.reading() as session:
        query = select(Clip.title).where(Clip.state == ClipState.TRAY, Clip.duplicate_of_id.is_(None))
        return list(session.scalars(query.order_by(Clip.id)))


def look(reached: Reached, feed_id: int) -> Feed:
    with reached.runtime.database.reading() as session:
        found = session.get_one(Feed, feed_id)
        session.expunge(found)
        return found


def test_new_items_wait_in_the_tray_read_like_any_clip(reached: Reached, now: datetime) -> None:
    body = feed_of(reached.site, ("/a", now - timedelta(hours=2)), ("/b", now - timedelta(days=3)))
    feed_id = following(reached, reached.site.answer("/feed", body, headers=RSS))
    reached.work()
    assert tray(reached) == ["Title of /a", "Title of /b"]
    feed = look(reached, feed_id)
    assert (feed.title, feed.site_url, feed.problem) == ("Desk Notes", reached.site.url(), "")


def test_the_first_look_brings_a_week_and_not_the_archive(reached: Reached, now: datetime) -> None:
    items = [(f"/old-{n}", now - timedelta(days=8 + n)) for n in range(20)]
    items += [(f"/new-{n}", now - timedelta(hours=n)) for n in range(1, 16)]
    following(reached, reached.site.answer("/feed", feed_of(reached.site, *items), headers=RSS))
    reached.work()
    assert len(tray(reached)) == 10
    assert all(title.startswith("Title of /new") for title in tray(reached))


def test_an_item_comes_once_whatever_becomes_of_it(reached: Reached, clock: FrozenClock) -> None:
    body = feed_of(reached.site, ("/a", clock()), ("/b", clock()))
    following(reached, reached.site.answer("/feed", body, headers=RSS))
    reached.work()
    with reached.runtime.database.writing() as session:
        for each in session.scalars(select(Clip)).all():
            move_clip(session, clock(), each.id, ClipState.DISMISSED)
    clock.advance(hours=2)
    body = feed_of(reached.site, ("/a", clock()), ("/b", clock()), ("/c", clock()))
    reached.site.answer("/feed", body.replace("<guid>/a", "<guid>renamed"), headers=RSS)
    reached.work()
    assert tray(reached) == ["Title of /c"]


def test_a_feed_that_renames_its_archive_floods_nobody(reached: Reached, clock: FrozenClock) -> None:
    old = clock() - timedelta(days=40)
    first = feed_of(reached.site, *((f"/{n}", old) for n in range(30)))
    following(reached, reached.site.answer("/feed", first, headers=RSS))
    reached.work()
    clock.advance(hours=2)
    renamed = feed_of(
        reached.site,
        *((f"/moved/{n}", old) for n in range(30)),
        *((f"/undated/{n}", None) for n in range(30)),
    )
    reached.site.answer("/feed", renamed, headers=RSS)
    reached.work()
    assert len(tray(reached)) == 5, "of what has no date, a handful"


def test_an_hour_passes_between_looks_and_an_unchanged_feed_is_not_sent_again(
    reached: Reached, clock: FrozenClock
) -> None:
    body = feed_of(reached.site, ("/a", clock()))
    url = reached.site.answer(
        "/feed", body, headers=RSS | {"ETag": '"v1"', "Last-Modified": "Mon, 16 Nov 2026 11:00:00 GMT"}
    )
    following(reached, url)
    for _ in range(6):
        reached.work()
        clock.advance(minutes=10)
    assert reached.site.paths().count("/feed") == 1
    reached.site.answer("/feed", status=304)
    reached.work()
    asked = [each for each in reached.site.asked if each.path == "/feed"]
    assert len(asked) == 2
    assert (asked[1].headers["if-none-match"], asked[1].headers["if-modified-since"][:3]) == ('"v1"', "Mon")


def test_a_page_leads_to_the_feed_it_announces(reached: Reached, clock: FrozenClock) -> None:
    body = feed_of(reached.site, ("/a", clock()))
    reached.site.answer("/real-feed", body, headers=RSS)
    page = '<html><head><link rel="alternate" type="application/rss+xml" href="/real-feed"></head></html>'
    feed_id = following(reached, reached.site.answer("/blog", page))
    reached.work()
    assert look(reached, feed_id).url == reached.site.url("/real-feed")
    assert tray(reached) == ["Title of /a"]


def test_a_page_without_a_feed_is_said(reached: Reached) -> None:
    feed_id = following(reached, reached.site.answer("/blog", "<html><body>Hello</body></html>"))
    reached.work()
    assert "not a feed" in look(reached, feed_id).problem


def test_a_feed_in_trouble_is_left_in_peace_for_longer_and_longer(
    reached: Reached, clock: FrozenClock
) -> None:
    feed_id = following(reached, reached.site.answer("/feed", status=500))
    waits = []
    for _ in range(7):
        reached.work()
        due = look(reached, feed_id).due_at
        assert due is not None
        waits.append((due - clock()).total_seconds() / 3600)
        clock.move_to(due)
    assert waits == [2, 4, 8, 16, 24, 24, 24]
    reached.site.answer("/feed", feed_of(reached.site, ("/a", clock())), headers=RSS)
    reached.work()
    assert (look(reached, feed_id).failures, look(reached, feed_id).problem) == (0, "")


def test_a_feed_that_has_ended_is_not_asked_again(reached: Reached, clock: FrozenClock) -> None:
    feed_id = following(reached, reached.site.answer("/feed", status=410))
    reached.work()
    clock.advance(days=30)
    reached.work()
    assert reached.site.paths() == ["/feed"]
    assert look(reached, feed_id).due_at is None


def test_a_feed_inside_is_refused(reached: Reached) -> None:
    feed_id = following(reached, "http://169.254.169.254/feed")
    reached.work()
    assert "not fetched" in look(reached, feed_id).problem


def test_two_workers_look_once(reached: Reached, now: datetime) -> None:
    following(reached, reached.site.answer("/feed", feed_of(reached.site), headers=RSS))
    with reached.runtime.database.reading() as session:
        assert len(due_feed_ids(session, now)) == 1
    reached.work()
    reached.work()
    assert reached.site.paths() == ["/feed"]


def test_a_feed_is_followed_once(session: Session, now: datetime) -> None:
    follow(session, now, "https://news.example/feed")
    with pytest.raises(Conflict, match="already"):
        follow(session, now, "http://www.news.example/feed/")
    with pytest.raises(InvalidInput):
        follow(session, now, "feed:https://news.example/feed")


def test_a_list_of_feeds_adds_what_is_missing(session: Session, now: datetime) -> None:
    follow(session, now, "https://news.example/feed")
    listed = [
        ListedFeed("https://news.example/feed", "News"),
        ListedFeed("https://notes.example/feed", "Notes"),
        ListedFeed("http://www.notes.example/feed/", "The same, spelled another way"),
    ]
    assert follow_list(session, now, listed) == 1
    assert [each.title for each in session.scalars(select(Feed).order_by(Feed.id))] == ["", "Notes"]


def test_what_a_feed_brought_outlives_it(reached: Reached, now: datetime) -> None:
    body = feed_of(reached.site, ("/a", now))
    feed_id = following(reached, reached.site.answer("/feed", body, headers=RSS))
    reached.work()
    with reached.runtime.database.writing() as session:
        unfollow(session, feed_id)
    assert tray(reached) == ["Title of /a"]
