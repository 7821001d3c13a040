"""Putting threads in order: read, done, put off, noted, tagged. Nothing here mails anybody."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.conversation.inbox_models import ThreadNote, ThreadTag
from app.conversation.learning import move_to_lane
from app.conversation.models import Lane, Thread, ThreadState
from app.foundation.db import changed_rows
from app.foundation.errors import InvalidInput, NotFound

TAG_IDEA: Final = "idea for a letter"
TAG_ASKED: Final = "quote, permission asked"
SUGGESTED_TAGS: Final = (TAG_IDEA, TAG_ASKED)
LONGEST_SNOOZE: Final = timedelta(days=366)
MOST_AT_ONCE: Final = 500
MOST_TAGS: Final = 12
LONGEST_NOTE: Final = 10_000


class Deed(StrEnum):
    """What can be done to many threads at once."""

    DONE = "done"
    REOPEN = "reopen"
    READ = "read"
    UNREAD = "unread"


def get_thread(session: Session, thread_id: int) -> Thread:
    """The thread. Raises NotFound, also for one that went with an erased reader."""
    thread = session.get(Thread, thread_id)
    if thread is None:
        raise NotFound(
            "There is no such conversation.", hint="It may have gone with a reader who was erased."
        )
    return thread


def arrange(session: Session, thread: Thread, deed: Deed) -> None:
    """One deed on one thread."""
    if deed is Deed.READ:
        thread.unread = False
    elif deed is Deed.UNREAD:
        thread.unread = True
    elif deed is Deed.DONE:
        thread.state, thread.unread, thread.snoozed_until = ThreadState.CLOSED, False, None
    else:
        thread.state, thread.snoozed_until = ThreadState.WAITING, None
    session.flush()


def threads_of(session: Session, ids: Sequence[int]) -> list[Thread]:
    """Those of the ids that exist. Raises InvalidInput for none and for too many."""
    if not ids:
        raise InvalidInput("Choose at least one conversation.", field="thread")
    if len(ids) > MOST_AT_ONCE:
        raise InvalidInput(f"At most {MOST_AT_ONCE} at once.", field="thread")
    return list(session.scalars(select(Thread).where(Thread.id.in_(ids)).order_by(Thread.id)))


def arrange_many(session: Session, ids: Sequence[int], deed: Deed) -> int:
    """One deed on several threads; how many there were."""
    found = threads_of(session, ids)
    for thread in found:
        arrange(session, thread, deed)
    return len(found)


def move_many(session: Session, now: datetime, ids: Sequence[int], lane: Lane) -> int:
    """Several threads into one lane, each a correction to learn from."""
    found = threads_of(session, ids)
    for thread in found:
        move_to_lane(session, now, thread, lane)
    return len(found)


def snooze(session: Session, now: datetime, thread: Thread, until: datetime) -> None:
    """Out of sight until then; the clock brings it back. Raises InvalidInput."""
    if until <= now:
        raise InvalidInput("That moment has passed.", field="until", hint="Choose one that is to come.")
    if until > now + LONGEST_SNOOZE:
        raise InvalidInput("That is more than a year away.", field="until")
    thread.state, thread.snoozed_until, thread.unread = ThreadState.SNOOZED, until, False
    session.flush()


def wake_snoozed(session: Session, now: datetime) -> int:
    """Everything whose time has come waits again, unread; how many. For the clock's tick."""
    return changed_rows(
        session,
        update(Thread)
        .where(Thread.state == ThreadState.SNOOZED, Thread.snoozed_until <= now)
        .values(state=ThreadState.WAITING, unread=True, snoozed_until=None)
        .execution_options(synchronize_session=False),
    )


def add_note(session: Session, now: datetime, thread: Thread, text: str, author_id: int) -> ThreadNote:
    """A private note. Raises InvalidInput when it is empty or too long."""
    words = text.replace("\0", "").strip()
    if not words:
        raise InvalidInput("A note needs words.", field="note")
    if len(words) > LONGEST_NOTE:
        raise InvalidInput(f"A note has at most {LONGEST_NOTE:,} characters.", field="note")
    note = ThreadNote(thread_id=thread.id, author_id=author_id, at=now, text=words)
    session.add(note)
    session.flush()
    return note


def remove_note(session: Session, thread: Thread, note_id: int) -> None:
    session.execute(delete(ThreadNote).where(ThreadNote.id == note_id, ThreadNote.thread_id == thread.id))


def put_tag(session: Session, thread: Thread, name: str) -> None:
    """Put a word on a thread; twice is once. Raises InvalidInput."""
    word = " ".join(name.replace("\0", "").split()).lower()
    if not word:
        raise InvalidInput("A tag needs a name.", field="tag")
    if len(word) > 40:
        raise InvalidInput("A tag has at most 40 characters.", field="tag")
    tags = tags_of(session, thread.id)
    if word in tags:
        return
    if len(tags) >= MOST_TAGS:
        raise InvalidInput(f"A conversation takes at most {MOST_TAGS} tags.", field="tag")
    session.add(ThreadTag(thread_id=thread.id, name=word))
    session.flush()


def take_tag(session: Session, thread: Thread, name: str) -> None:
    session.execute(delete(ThreadTag).where(ThreadTag.thread_id == thread.id, ThreadTag.name == name))


def tags_of(session: Session, thread_id: int) -> list[str]:
    """The words on a thread, by the alphabet."""
    return list(
        session.scalars(
            select(ThreadTag.name).where(ThreadTag.thread_id == thread_id).order_by(ThreadTag.name)
        )
    )


def known_tags(session: Session) -> list[str]:
    """Every tag in use and the suggested ones."""
    used = session.scalars(select(ThreadTag.name).distinct()).all()
    return sorted({*used, *SUGGESTED_TAGS})
