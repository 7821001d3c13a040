"""Links go through our counter by number; whatever carries a reader's own key stays as it is."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.links import Links
from app.rendering.slots import RenderedMail, Slot, SlotRegistry, fill
from app.tracking.models import Link
from app.tracking.rewriting import is_trackable, plan_links, register_links
from tests.conversation.letters import deliver

LINKS = Links("https://letters.example.com")


def mail(html: str, slots: tuple[Slot, ...] = ()) -> RenderedMail:
    return RenderedMail("Subject", "", html, "See https://example.com/a", slots)


def test_each_target_gets_one_number() -> None:
    page = (
        '<p><a class="x" href="https://example.com/a?x=1&amp;y=2">A</a> <a href="https://example.com/b">B</a>'
        " <a href='https://example.com/a?x=1&amp;y=2'>A again</a></p>"
    )
    planned, urls = plan_links(mail(page), LINKS)
    assert urls == ("https://example.com/a?x=1&y=2", "https://example.com/b")
    seen = fill(planned, {"delivery_token": "tok"}).html
    assert seen.count('href="https://letters.example.com/t/c/tok/0"') == 1
    assert seen.count("href='https://letters.example.com/t/c/tok/0'") == 1
    assert seen.count('href="https://letters.example.com/t/c/tok/1"') == 1
    assert planned.text == "See https://example.com/a"


def test_outlooks_own_buttons_are_counted_too() -> None:
    page = '<!--[if mso]><v:roundrect style="x" href="https://example.com/a"></v:roundrect><![endif]-->'
    planned, urls = plan_links(mail(page), LINKS)
    assert urls == ("https://example.com/a",)
    assert "/t/c/" in planned.html


def test_a_link_with_a_readers_key_is_left_alone() -> None:
    registry = SlotRegistry()
    marker = registry.mark("unsubscribe_token")
    page = f'<a href="https://letters.example.com/unsubscribe/{marker}">leave</a>'
    given = mail(page, registry.slots)
    assert plan_links(given, LINKS) == (given, ())


@pytest.mark.parametrize(
    "tag",
    [
        '<link rel="stylesheet" href="https://example.com/a.css">',
        '<img src="https://example.com/a.png">',
        '<a href="mailto:mark@example.com">',
        '<a href="#top">',
        '<a href="/relative">',
        '<a href="javascript:alert(1)">',
        '<a href="https://user:pass@example.com/">',
    ],
)
def test_what_is_no_web_link_stays(tag: str) -> None:
    given = mail(tag)
    assert plan_links(given, LINKS) == (given, ())


def test_the_pixel_stands_at_the_end_of_the_body() -> None:
    planned, _ = plan_links(mail("<html><body><p>Hi</p></body></html>"), LINKS, pixel=True)
    seen = fill(planned, {"delivery_token": "tok"}).html
    assert seen.endswith(
        '<img src="https://letters.example.com/t/o/tok.gif" width="1" height="1" alt="" border="0"></body></html>'
    )


@pytest.mark.parametrize(
    "url",
    [
        "//evil.example",
        "\\\\evil.example",
        "https:\\\\evil.example",
        "https://good.example\r\nLocation: https://evil.example",
        "https://good.example@evil.example/",
        "https://",
        "https://example.com:port/",
        "data:text/html,x",
        "https://example.com/" + "x" * 3000,
    ],
)
def test_an_address_two_programs_could_read_differently_is_not_tracked(url: str) -> None:
    assert not is_trackable(url)


def test_registering_twice_changes_nothing(session: Session, now: datetime) -> None:
    delivery = deliver(session, now, "alice@example.org")
    for _ in range(2):
        register_links(session, delivery.edition_id, ("https://example.com/a", "https://example.com/b"))
        session.flush()
    rows = session.execute(select(Link.number, Link.url).order_by(Link.number)).all()
    assert [tuple(row) for row in rows] == [(0, "https://example.com/a"), (1, "https://example.com/b")]
