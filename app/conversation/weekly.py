"""The weekly mail to the authors: what readers said in the week that ended, or no mail when nobody said anything."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.conversation.echo import hear_between
from app.conversation.house_rules import get_rules
from app.conversation.inert import inert_text
from app.conversation.models import Direction, Lane, Message, Thread, ThreadState
from app.conversation.people import person_of
from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.models import Edition, EditionClass
from app.delivery.notices import queue_for_authors
from app.foundation.errors import NotFound
from app.issues.words import span_words
from app.publication.settings import get_publication, zone_of
from app.rendering.mail import render_mail
from app.signup.desk import Desk

WEEKLY_KEY: Final = "weekly-replies:"
MONDAY: Final = 0
HOUR: Final = 8
GRACE: Final = timedelta(hours=24)
"""A machine that was down longer lets the week go: on Wednesday nobody wants to read of Sunday's news."""
MOST_VOICES: Final = 8
_HEARD: Final = 280
_LANE_WORDS: Final = {
    Lane.FEEDBACK: "with feedback",
    Lane.STUCK: "stuck",
    Lane.HELLO: "saying hello",
    Lane.OTHER: "about something else",
}


@dataclass(frozen=True)
class Week:
    """The seven days before a Monday morning; `name` is that Monday's date."""

    name: str
    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Voice:
    """One reader's words, cut to what a glance takes in."""

    who: str
    words: str
    url: str


def week_to_tell(session: Session, now: datetime) -> Week | None:
    """The week whose mail is due now and has not been written; None at any other time."""
    try:
        zone = zone_of(get_publication(session))
    except NotFound:
        return None
    local = now.astimezone(zone)
    monday = (local - timedelta(days=(local.weekday() - MONDAY) % 7)).replace(
        hour=HOUR, minute=0, second=0, microsecond=0
    )
    if not monday <= local < monday + GRACE:
        return None
    name = f"{monday:%Y-%m-%d}"
    if session.scalar(select(Edition.id).where(Edition.key == WEEKLY_KEY + name)) is not None:
        return None
    return Week(name, monday - timedelta(days=7), monday)


def tell_what_readers_said(session: Session, now: datetime, desk: Desk, week: Week) -> int:
    """Queue the mail for everybody who writes here; how many. Once for a week, however often it is asked for.

    Nothing goes out when the setting is off or nobody wrote. Raises what rendering raises.
    """
    if not get_rules(session).weekly:
        return 0
    echo = hear_between(session, week.begin, week.end)
    if not echo.threads:
        return 0
    publication = get_publication(session)
    context = {
        "brand": brand_of(publication),
        "base_url": desk.links.base_url,
        "count": echo.threads,
        "lanes": [(number, _LANE_WORDS[lane]) for lane, number in echo.by_lane.items() if number],
        "waiting": _waiting(session),
        "first_answer": span_words(echo.first_answer) if echo.first_answer is not None else "",
        "themes": [theme.word for theme in echo.themes[:6]],
        "voices": _voices(session, desk, week),
        "inbox_url": desk.links.admin("inbox"),
    }
    edition = freeze_edition(
        session,
        now,
        key=WEEKLY_KEY + week.name,
        edition_class=EditionClass.AUTHOR,
        rendered=render_mail(desk.emails_dir, "what-readers-said", context),
        sender=sender_of(publication),
    )
    return len(queue_for_authors(session, now, edition.id, occasion=week.name))


def _waiting(session: Session) -> int:
    return session.scalar(select(func.count()).where(Thread.state == ThreadState.WAITING)) or 0


def _voices(session: Session, desk: Desk, week: Week) -> list[Voice]:
    """The first words of the week's conversations: those in trouble first, then the long ones."""
    threads = session.scalars(
        select(Thread).where(Thread.opened_at >= week.begin, Thread.opened_at < week.end).order_by(Thread.id)
    )
    found = []
    for thread in threads:
        text = session.scalar(
            select(Message.text)
            .where(Message.thread_id == thread.id, Message.direction == Direction.IN)
            .order_by(Message.id)
            .limit(1)
        )
        words = " ".join(inert_text((text or "")[:4000], desk.links.base_url).split())
        if words:
            found.append(((thread.lane is not Lane.STUCK, -len(words)), thread, words))
    found.sort(key=lambda each: each[0])
    return [
        Voice(person_of(session, thread).called, _cut(words), desk.links.admin(f"inbox/{thread.id}"))
        for _, thread, words in found[:MOST_VOICES]
    ]


def _cut(words: str) -> str:
    return words if len(words) <= _HEARD else words[:_HEARD].rpartition(" ")[0] + " …"
