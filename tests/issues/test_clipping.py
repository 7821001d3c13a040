"""A week of clipping: every way in, one clip an article, and the truth about each page."""

import gzip
import io
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.db import Database
from app.foundation.errors import Conflict, InvalidInput
from app.issues.arranging import (
    Mended,
    clear_old_feed_items,
    mend_clip,
    move_clip,
    picked,
    place_clip,
    read_again,
    shift_clip,
    write_why,
)
from app.issues.clip_models import Clip, ClipOrigin, ClipState, ReadState
from app.issues.clipping import Outcome, Source, clip, clip_mail, clip_text, due_clip_ids, urls_in
from app.issues.pictures import key_of
from app.issues.thumbnails import thumbnail
from app.wiring import Runtime
from tests.fixtures.clock import FrozenClock
from tests.fixtures.web import Site
from tests.issues.gathering import BY_PASTE, Reached, article, picture, reaching, six_picks, titles

BY_FEED = Source(ClipOrigin.FEED)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site().start()
    yield site
    site.stop()


@pytest.fixture
def reached(runtime: Runtime, site: Site) -> Reached:
    return reaching(runtime, site)


def clipped(reached: Reached, url: str, source: Source = BY_PASTE) -> int:
    with reached.runtime.database.writing() as session:
        return clip(session, reached.runtime.clock(), url, source).clip.id


def look(reached: Reached, clip_id: int) -> Clip:
    with reached.runtime.database.reading() as session:
        found = session.get_one(Clip, clip_id)
        session.expunge(found)
        return found


# -- ways in -------------------------------------------------------------------------------------------------


def test_a_clipped_page_is_read_for_what_readers_want_to_know(reached: Reached) -> None:
    site = reached.site
    site.answer("/p.png", picture(), headers={"Content-Type": "image/png"})
    page = article("The queue nobody sees", picture=site.url("/p.png"))
    number = clipped(reached, site.answer("/queue", page) + "?utm_source=mail")
    assert look(reached, number).read_state is ReadState.WAITING
    reached.work()
    kept = look(reached, number)
    assert (kept.title, kept.source, kept.byline, kept.minutes) == (
        "The queue nobody sees",
        "The Ward Review",
        "Ann Lee",
        3,
    )
    assert (kept.url, kept.status, kept.problem, kept.read_state) == (
        site.url("/queue"),
        200,
        "",
        ReadState.READ,
    )
    small = Image.open(io.BytesIO(reached.runtime.storage.get(key_of(kept.picture))))
    assert (small.size, small.format) == ((480, 320), "JPEG")
    assert kept.due_at is None


def test_the_same_article_under_five_addresses_is_one_clip(
    reached: Reached, session: Session, now: datetime
) -> None:
    urls = [
        "https://www.example.com/2026/kind-refusals/",
        "http://example.com/2026/kind-refusals?utm_source=linkedin&fbclid=IwAR1",
        "https://m.example.com/2026/kind-refusals#comments",
        "https://www.google.com/amp/s/www.example.com/2026/kind-refusals/amp/",
        "https://nam12.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.com%2F2026%2Fkind-refusals%2F&data=1",
    ]
    found = clip_text(session, now, "\n".join(urls), BY_PASTE)
    assert [each.outcome for each in found] == [Outcome.NEW] + [Outcome.ALREADY] * 4
    assert len({each.clip.id for each in found}) == 1


def test_a_button_pressed_twice_at_once_is_one_clip(database: Database, now: datetime) -> None:
    begun, over = threading.Event(), threading.Event()

    def second() -> None:
        begun.wait(10)
        with database.writing() as session:
            clip(session, now, "https://example.com/twice", BY_PASTE)
        over.set()

    other = threading.Thread(target=second)
    other.start()
    with database.writing() as session:
        clip(session, now, "https://example.com/twice", BY_PASTE)
        begun.set()
        over.wait(0.4)  # the other one would be through by now, if it did not wait for its turn
    other.join(30)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Clip)) == 1


def test_an_article_that_only_its_page_gives_away_lies_under_the_first(reached: Reached) -> None:
    site = reached.site
    page = article("Kind refusals", canonical=site.url("/kind-refusals"))
    site.answer("/kind-refusals", page)
    site.answer("/short", status=302, headers={"Location": "/kind-refusals?session=1"})
    first, second = clipped(reached, site.url("/kind-refusals")), clipped(reached, site.url("/short"))
    reached.work()
    assert look(reached, first).duplicate_of_id is None
    assert look(reached, second).duplicate_of_id == first
    with reached.runtime.database.writing() as session:
        move_clip(session, reached.runtime.clock(), first, ClipState.DISMISSED)
    assert look(reached, second).state is ClipState.DISMISSED


def test_what_was_dismissed_comes_back_by_hand_and_never_by_feed(session: Session, now: datetime) -> None:
    url = "https://news.example/story"
    first = clip(session, now, url, BY_FEED).clip
    move_clip(session, now, first.id, ClipState.DISMISSED)
    assert clip(session, now, url, BY_FEED).outcome is Outcome.SEEN
    assert first.state == "dismissed"
    assert clip(session, now, url, BY_PASTE).outcome is Outcome.BACK
    assert first.state == "tray"


@pytest.mark.parametrize("text", ["", "no address here", "ftp://example.com/x", "mailto:a@example.com"])
def test_a_paste_without_an_address_is_refused_in_words(session: Session, now: datetime, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clip_text(session, now, text, BY_PASTE)
    assert caught.value.field == "urls"


def test_a_paste_says_which_address_cannot_be_clipped(session: Session, now: datetime) -> None:
    text = "https://example.com/one\nhttps://me:secret@example.com/two"
    with pytest.raises(InvalidInput, match=r"example\.com/two.*user name") as caught:
        clip_text(session, now, text, BY_PASTE)
    assert caught.value.field == "urls"
    assert session.scalar(select(func.count()).select_from(Clip)) == 0


def test_a_paste_of_hundreds_is_refused_whole(session: Session, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="51"):
        clip_text(session, now, "\n".join(f"https://example.com/{n}-x" for n in range(51)), BY_PASTE)
    assert session.scalar(select(func.count()).select_from(Clip)) == 0


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (
            "See https://a.example/x, then (https://b.example/y(1)).",
            ["https://a.example/x", "https://b.example/y(1)"],
        ),
        ("<https://a.example/x> “https://b.example/y”", ["https://a.example/x", "https://b.example/y"]),
        ("HTTPS://A.example/X?a=1&b=2;https", ["HTTPS://A.example/X?a=1&b=2;https"]),
        ("[title](https://a.example/x) https://a.example/x", ["https://a.example/x"]),
        ("https://a.example/wiki/Queue_(desk)", ["https://a.example/wiki/Queue_(desk)"]),
    ],
)
def test_addresses_are_found_in_text(text: str, urls: list[str]) -> None:
    assert urls_in(text) == urls


def test_a_forwarded_mail_gives_the_authors_own_links_or_else_its_articles(
    session: Session, now: datetime
) -> None:
    furniture = [
        *(
            "https://list.example/unsubscribe?u=1",
            "https://www.facebook.com/deskletter",
            "https://list.example/privacy",
        ),
        *("https://list.example/logo.png", "mailto:a@example.com", "javascript:alert(1)"),
    ]
    words = "Number two is splendid: https://news.example/own"
    own = clip_mail(
        session, now, author_id=None, subject="Fwd: x", words=words, links=["https://news.example/a"]
    )
    assert [each.clip.url for each in own] == ["https://news.example/own"]
    assert (own[0].clip.note, own[0].clip.title) == ("Number two is splendid:", "x")
    links = ["https://news.example/a", *furniture, "https://news.example/b"]
    found = clip_mail(session, now, author_id=None, subject="Fwd: Desk letter", words="", links=links)
    assert [each.clip.url for each in found] == ["https://news.example/a", "https://news.example/b"]
    assert found[0].clip.title == "", "the subject is no title when there are several"


# -- pages that will not have us ----------------------------------------------------------------------------------


def test_a_site_that_turns_us_away_is_filled_in_by_hand(reached: Reached) -> None:
    number = clipped(reached, reached.site.answer("/a-kind-refusal", "Forbidden", status=403))
    reached.work()
    kept = look(reached, number)
    assert (kept.read_state, kept.status, kept.title) == (ReadState.BLOCKED, 403, "A kind refusal")
    assert "will not show it to us" in kept.problem
    with reached.runtime.database.writing() as session:
        mend_clip(
            session,
            reached.runtime.clock(),
            number,
            Mended(kept.url, "A kind refusal, indeed", "The Guarded", "Bo Reyes", "2026-11-01", "7"),
        )
        read_again(session, reached.runtime.clock(), number)
    reached.site.answer("/a-kind-refusal", article("What the page says"))
    reached.work()
    kept = look(reached, number)
    assert (kept.title, kept.source, kept.byline, kept.minutes) == (
        "A kind refusal, indeed",
        "The Guarded",
        "Bo Reyes",
        7,
    ), "what was written by hand stays"
    assert (kept.read_state, kept.excerpt[:9]) == (ReadState.READ, "A promise"), "what was empty is filled"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (404, ReadState.DEAD),
        (410, ReadState.DEAD),
        (429, ReadState.BLOCKED),
        (999, ReadState.BLOCKED),
        (500, ReadState.TROUBLE),
    ],
)
def test_dead_pages_are_pointed_out(reached: Reached, status: int, state: str) -> None:
    number = clipped(reached, reached.site.answer("/gone-page", status=status))
    reached.work()
    kept = look(reached, number)
    assert (kept.read_state, kept.status) == (state, status)
    assert kept.problem


def test_a_door_for_robots_is_not_a_title(reached: Reached) -> None:
    page = "<title>Just a moment...</title><h1>Checking your browser</h1>"
    number = clipped(
        reached, reached.site.answer("/door", page), Source(ClipOrigin.BOOKMARKLET, title="The real title")
    )
    reached.work()
    kept = look(reached, number)
    assert (kept.read_state, kept.title) == (ReadState.BLOCKED, "The real title")


def test_a_place_that_is_not_the_web_is_refused_and_said(reached: Reached) -> None:
    numbers = [
        clipped(reached, url)
        for url in ("http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://0x7f.1/")
    ]
    reached.work()
    for number in numbers:
        kept = look(reached, number)
        assert kept.read_state is ReadState.REFUSED
        assert "not fetched" in kept.problem
        assert kept.due_at is None
    assert reached.site.connections == 0


def test_a_file_that_is_no_page_is_known_by_its_name(reached: Reached) -> None:
    url = reached.site.answer(
        "/papers/handoff-times.pdf", b"%PDF-1.7", headers={"Content-Type": "application/pdf"}
    )
    number = clipped(reached, url)
    reached.work()
    assert (look(reached, number).title, look(reached, number).read_state) == (
        "Handoff times",
        ReadState.READ,
    )


def test_trouble_is_tried_three_times_and_then_left_to_the_author(
    reached: Reached, clock: FrozenClock
) -> None:
    url = reached.site.answer("/flaky", status=503)
    number = clipped(reached, url)
    for _ in range(8):
        reached.work()
        clock.advance(hours=3)
    assert reached.site.paths().count("/flaky") == 3
    assert look(reached, number).due_at is None


def test_a_pick_that_dies_before_sunday_is_noticed(reached: Reached, clock: FrozenClock) -> None:
    site = reached.site
    number = clipped(reached, site.answer("/story", article("A story")))
    reached.work()
    with reached.runtime.database.writing() as session:
        move_clip(session, clock(), number, ClipState.SHORTLISTED)
    site.answer("/story", status=404)
    reached.work()
    assert look(reached, number).problem == "", "not before a day has passed"
    clock.advance(hours=25)
    reached.work()
    kept = look(reached, number)
    assert (kept.read_state, kept.title) == (ReadState.DEAD, "A story")
    assert "gone" in kept.problem


def test_a_page_is_read_once_however_often_the_bell_rings(reached: Reached) -> None:
    number = clipped(reached, reached.site.answer("/once", article("Once")))
    with reached.runtime.database.reading() as session:
        assert due_clip_ids(session, reached.runtime.clock()) == [number]
    reached.work()
    reached.work()
    assert reached.site.paths() == ["/once"]


def test_a_clip_thrown_away_meanwhile_breaks_nothing(reached: Reached) -> None:
    number = clipped(reached, reached.site.answer("/once", article("Once")))

    def vanish(connection: object) -> None:
        with reached.runtime.database.writing() as session:
            session.delete(session.get_one(Clip, number))

    reached.site.script("/once", vanish)
    reached.work()
    with reached.runtime.database.reading() as session:
        assert session.get(Clip, number) is None


# -- pictures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_small_and_plain(kind: str) -> None:
    small = thumbnail(picture(1600, 900, kind))
    assert small is not None
    assert len(small) < 60_000
    shown = Image.open(io.BytesIO(small))
    assert (shown.size, shown.format, shown.info.get("exif")) == ((480, 320), "JPEG", None)


def test_no_picture_is_better_than_a_bad_one() -> None:
    assert thumbnail(b"") is None
    assert thumbnail(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>") is None
    assert thumbnail(picture(64, 64)) is None
    assert thumbnail(picture()[:200]) is None
    assert thumbnail(gzip.compress(picture())) is None
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 300_000
    assert thumbnail(bomb.getvalue()) is None


def test_what_shines_through_lies_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (600, 400), (0, 0, 0, 0)).save(out, "PNG")
    small = thumbnail(out.getvalue())
    assert small is not None
    assert Image.open(io.BytesIO(small)).getpixel((10, 10)) == (255, 255, 255)


# -- choosing --------------------------------------------------------------------------------------------------------


def test_picks_stand_in_the_order_they_are_given(session: Session, now: datetime) -> None:
    picks = six_picks(session, now, 4)
    shift_clip(session, picks[2].id, -1)
    assert titles(picked(session)) == ["Article 1", "Article 3", "Article 2", "Article 4"]
    shift_clip(session, picks[0].id, -1)
    shift_clip(session, picks[3].id, 1)
    assert titles(picked(session)) == ["Article 1", "Article 3", "Article 2", "Article 4"], (
        "at the ends they stay"
    )
    for pick in (picks[3], picks[1]):
        place_clip(session, now, pick.id, ClipState.PICKED, picks[0].id)
    assert titles(picked(session)) == ["Article 4", "Article 2", "Article 1", "Article 3"]
    move_clip(session, now, picks[1].id, ClipState.SHORTLISTED)
    assert [pick.position for pick in picked(session)] == [1, 2, 3]


def test_more_than_a_dozen_picks_are_refused(session: Session, now: datetime) -> None:
    six_picks(session, now, 12)
    thirteenth = clip(session, now, "https://news.example/thirteen", BY_PASTE).clip
    with pytest.raises(Conflict, match="12"):
        move_clip(session, now, thirteenth.id, ClipState.PICKED)


def test_the_line_is_kept_as_typed_on_one_line(session: Session, now: datetime) -> None:
    (pick,) = six_picks(session, now, 1)
    write_why(session, pick.id, "  Read the part\nabout *Fridays*. ")
    assert pick.why == "Read the part about *Fridays*."
    with pytest.raises(InvalidInput) as caught:
        write_why(session, pick.id, "x" * 1001)
    assert caught.value.field == "why"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (Mended("https://a.example/", ""), "title"),
        (Mended("javascript:alert(1)", "T"), "url"),
        (Mended("https://a.example/", "T", published_on="yesterday"), "published_on"),
        (Mended("https://a.example/", "T", minutes="-3"), "minutes"),
        (Mended("https://a.example/", "T", minutes="many"), "minutes"),
        (Mended("https://a.example/", "T", minutes="9" * 5000), "minutes"),
    ],
)
def test_a_mended_clip_is_checked_field_by_field(
    session: Session, now: datetime, typed: Mended, field: str
) -> None:
    (pick,) = six_picks(session, now, 1)
    with pytest.raises(InvalidInput) as caught:
        mend_clip(session, now, pick.id, typed)
    assert caught.value.field == field


def test_feed_items_nobody_touched_are_cleared_and_nothing_else(session: Session, now: datetime) -> None:
    old = now - timedelta(days=9)
    by_hand = clip(session, old, "https://news.example/by-hand", BY_PASTE).clip
    by_feed = clip(session, old, "https://news.example/by-feed", BY_FEED).clip
    fresh = clip(session, now, "https://news.example/fresh", BY_FEED).clip
    session.flush()
    assert clear_old_feed_items(session, now, timedelta(days=7)) == 1
    for each in (by_hand, by_feed, fresh):
        session.refresh(each)
    assert [each.state for each in (by_hand, by_feed, fresh)] == [
        ClipState.TRAY,
        ClipState.DISMISSED,
        ClipState.TRAY,
    ]
