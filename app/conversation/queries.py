"""Questions about conversations: the inbox's lists, its counts, and what belongs to one thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.conversation.inbox_models import ThreadNote, ThreadTag
from app.conversation.models import (
    Attachment,
    Direction,
    InboundKind,
    InboundMail,
    Lane,
    LaneBy,
    Message,
    Proof,
    Thread,
    ThreadState,
)
from app.conversation.threads import base_subject
from app.delivery.models import Correspondent
from app.foundation.paging import Page
from app.issues.models import Issue
from app.subscribers.models import Subscriber

PER_PAGE: Final = 30
_SNIPPET: Final = 400
_DONE: Final = (ThreadState.ANSWERED, ThreadState.CLOSED)


class Folder(StrEnum):
    """The tabs of the inbox."""

    WAITING = "waiting"
    UNREAD = "unread"
    SNOOZED = "snoozed"
    ANSWERED = "answered"
    ALL = "all"


@dataclass(frozen=True)
class Asked:
    """What a list is to hold."""

    folder: Folder = Folder.WAITING
    lane: Lane | None = None
    search: str = ""
    tag: str = ""
    edition_id: int | None = None


@dataclass(frozen=True)
class ThreadRow:
    """One line of the inbox."""

    id: int
    who: str
    subject: str
    snippet: str
    lane: Lane
    lane_by: LaneBy
    lane_certainty: int
    state: ThreadState
    unread: bool
    opened_at: datetime
    last_at: datetime
    snoozed_until: datetime | None
    issue: str
    tags: tuple[str, ...]
    mails: int
    files: int
    unproven: bool

    @property
    def plain_answer(self) -> bool:
        """Its subject says no more than which issue it answers."""
        return bool(self.issue) and self.issue in base_subject(self.subject)


def thread_page(
    session: Session, asked: Asked, *, page: int = 1, per_page: int = PER_PAGE
) -> Page[ThreadRow]:
    """The threads that are asked for, the newest first."""
    query = select(Thread.id).where(*_conditions(asked))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (Thread.snoozed_until, Thread.id) if asked.folder is Folder.SNOOZED else _NEWEST
    ids = list(session.scalars(query.order_by(*order).limit(per_page).offset((page - 1) * per_page)))
    return Page(tuple(_rows(session, ids)), page, per_page, total)


def count_threads(session: Session) -> dict[tuple[Folder, Lane | None], int]:
    """How many threads each tab holds, over all lanes (None) and for each; every pair is present."""
    counts: dict[tuple[Folder, Lane | None], int] = {
        (folder, lane): 0 for folder in Folder for lane in (None, *Lane)
    }
    rows = session.execute(
        select(Thread.state, Thread.lane, Thread.unread, func.count()).group_by(
            Thread.state, Thread.lane, Thread.unread
        )
    )
    for state, lane, unread, number in rows:
        folders = {Folder.ALL, _FOLDER_OF[state], *((Folder.UNREAD,) if unread else ())}
        for folder in folders:
            counts[folder, None] += number
            counts[folder, lane] += number
    return counts


def count_unread(session: Session) -> int:
    """How many threads hold something that nobody has looked at."""
    return session.scalar(select(func.count()).where(Thread.unread)) or 0


def neighbours(session: Session, thread: Thread, asked: Asked) -> tuple[int | None, int | None]:
    """The newer and the older thread in the list this one was opened from."""
    listed = select(Thread.id).where(*_conditions(asked), Thread.id != thread.id)
    here = (thread.last_at, thread.id)
    newer = or_(Thread.last_at > here[0], and_(Thread.last_at == here[0], Thread.id > here[1]))
    older = or_(Thread.last_at < here[0], and_(Thread.last_at == here[0], Thread.id < here[1]))
    return (
        session.scalar(listed.where(newer).order_by(Thread.last_at, Thread.id).limit(1)),
        session.scalar(listed.where(older).order_by(*_NEWEST).limit(1)),
    )


def messages_of(session: Session, thread_id: int) -> list[Message]:
    """The mails of a thread, the oldest first."""
    return list(session.scalars(select(Message).where(Message.thread_id == thread_id).order_by(Message.id)))


def notes_of(session: Session, thread_id: int) -> list[ThreadNote]:
    return list(
        session.scalars(select(ThreadNote).where(ThreadNote.thread_id == thread_id).order_by(ThreadNote.id))
    )


def attachments_of(session: Session, thread_id: int) -> dict[int, list[Attachment]]:
    """Message id -> what came with it."""
    found: dict[int, list[Attachment]] = {}
    rows = session.scalars(
        select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .where(Message.thread_id == thread_id)
        .order_by(Attachment.part)
    )
    for row in rows:
        found.setdefault(row.message_id, []).append(row)
    return found


def issue_of(session: Session, thread: Thread) -> Issue | None:
    """The issue a thread answers; none for a guide mail, a follow-up or a mail of its own."""
    if thread.edition_id is None:
        return None
    return session.scalars(select(Issue).where(Issue.edition_id == thread.edition_id).limit(1)).first()


def other_threads(session: Session, thread: Thread, *, limit: int = 8) -> list[Thread]:
    """The same person's other conversations, the newest first."""
    if thread.subscriber_id is not None:
        theirs: ColumnElement[bool] = Thread.subscriber_id == thread.subscriber_id
    elif thread.correspondent_id is not None:
        theirs = Thread.correspondent_id == thread.correspondent_id
    else:
        return []
    query = select(Thread).where(theirs, Thread.id != thread.id).order_by(*_NEWEST)
    return list(session.scalars(query.limit(limit)))


def put_aside(session: Session, *, page: int = 1, per_page: int = PER_PAGE) -> Page[InboundMail]:
    """Mail that machines answered with, the newest first: kept, and in nobody's way."""
    query = select(InboundMail).where(InboundMail.kind == InboundKind.AUTO_REPLY)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (InboundMail.received_at.desc(), InboundMail.id.desc())
    rows = session.scalars(query.order_by(*order).limit(per_page).offset((page - 1) * per_page))
    return Page(tuple(rows), page, per_page, total)


_NEWEST = (Thread.last_at.desc(), Thread.id.desc())
_FOLDER_OF: Final = {
    ThreadState.WAITING: Folder.WAITING,
    ThreadState.SNOOZED: Folder.SNOOZED,
    ThreadState.ANSWERED: Folder.ANSWERED,
    ThreadState.CLOSED: Folder.ANSWERED,
}


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.folder is Folder.UNREAD:
        wanted.append(Thread.unread.is_(True))
    elif asked.folder is Folder.ANSWERED:
        wanted.append(Thread.state.in_(_DONE))
    elif asked.folder is not Folder.ALL:
        wanted.append(Thread.state == ThreadState(asked.folder.value))
    if asked.lane is not None:
        wanted.append(Thread.lane == asked.lane)
    if asked.edition_id is not None:
        wanted.append(Thread.edition_id == asked.edition_id)
    if asked.tag:
        wanted.append(_exists(select(literal(1)).where(_OF_THREAD_TAG, ThreadTag.name == asked.tag)))
    words = asked.search.replace("\0", "").split()
    return [*wanted, *(_holds(word) for word in words[:8])]


_OF_THREAD_TAG = ThreadTag.thread_id == Thread.id


def _holds(word: str) -> ColumnElement[bool]:
    """The word stands in the subject, in a mail, in a note, on a tag, or in the person's name or address; % and _
    mean themselves (A33)."""
    term = word.lower()

    def found_in(column: object) -> ColumnElement[bool]:
        return func.lower(column).contains(term, autoescape=True)

    return or_(
        found_in(Thread.subject),
        _exists(
            select(literal(1)).where(
                Message.thread_id == Thread.id, or_(found_in(Message.text), found_in(Message.sender))
            )
        ),
        _exists(select(literal(1)).where(ThreadNote.thread_id == Thread.id, found_in(ThreadNote.text))),
        _exists(select(literal(1)).where(_OF_THREAD_TAG, found_in(ThreadTag.name))),
        _exists(
            select(literal(1)).where(
                Subscriber.id == Thread.subscriber_id,
                or_(*map(found_in, (Subscriber.canonical, Subscriber.first_name, Subscriber.last_name))),
            )
        ),
        _exists(
            select(literal(1)).where(
                Correspondent.id == Thread.correspondent_id,
                or_(found_in(Correspondent.address), found_in(Correspondent.name)),
            )
        ),
    )


def _exists(query: Select[int]) -> ColumnElement[bool]:
    return exists(query)


def _rows(session: Session, ids: Sequence[int]) -> list[ThreadRow]:
    """The threads of the ids in that order, with what belongs to them in a few queries, whatever their number."""
    threads = {
        thread.id: (thread, who, issue)
        for thread, who, issue in session.execute(
            select(Thread, _who(), func.coalesce(Issue.title, ""))
            .outerjoin(Subscriber, Subscriber.id == Thread.subscriber_id)
            .outerjoin(Correspondent, Correspondent.id == Thread.correspondent_id)
            .outerjoin(Issue, Issue.edition_id == Thread.edition_id)
            .where(Thread.id.in_(ids))
        )
    }
    last = _last_words(session, ids)
    mails, files, proven = _sums(session, ids)
    tags: dict[int, list[str]] = {}
    for thread_id, name in session.execute(
        select(ThreadTag.thread_id, ThreadTag.name)
        .where(ThreadTag.thread_id.in_(ids))
        .order_by(ThreadTag.name)
    ):
        tags.setdefault(thread_id, []).append(name)
    rows = []
    for thread_id in ids:
        thread, who, issue = threads[thread_id]
        sender, snippet = last.get(thread_id, ("", ""))
        rows.append(
            ThreadRow(
                id=thread_id,
                who=who.strip() or sender or "Somebody",
                subject=thread.subject,
                snippet=" ".join(snippet.split()),
                lane=thread.lane,
                lane_by=thread.lane_by,
                lane_certainty=thread.lane_certainty,
                state=thread.state,
                unread=thread.unread,
                opened_at=thread.opened_at,
                last_at=thread.last_at,
                snoozed_until=thread.snoozed_until,
                issue=issue,
                tags=tuple(tags.get(thread_id, ())),
                mails=mails.get(thread_id, 0),
                files=files.get(thread_id, 0),
                unproven=thread_id not in proven,
            )
        )
    return rows


def _who() -> ColumnElement[str]:
    name = func.trim(Subscriber.first_name + literal(" ") + Subscriber.last_name)
    return func.coalesce(
        func.nullif(name, ""),
        Subscriber.address,
        func.nullif(Correspondent.name, ""),
        Correspondent.address,
        literal(""),
    )


def _last_words(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Thread id -> who claimed to write last, and how it begins."""
    newest = (
        select(Message.thread_id, func.max(Message.id).label("id"))
        .where(Message.thread_id.in_(ids), Message.direction == Direction.IN)
        .group_by(Message.thread_id)
        .subquery()
    )
    rows = session.execute(
        select(Message.thread_id, Message.sender, func.substr(Message.text, 1, _SNIPPET)).join(
            newest, newest.c.id == Message.id
        )
    )
    return {thread_id: (sender, words) for thread_id, sender, words in rows}


def _sums(session: Session, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int], set[int]]:
    """Mails and files by thread, and the threads in which something is proven."""
    mails: dict[int, int] = {}
    proven: set[int] = set()
    for thread_id, direction, proof, number in session.execute(
        select(Message.thread_id, Message.direction, Message.proof, func.count())
        .where(Message.thread_id.in_(ids))
        .group_by(Message.thread_id, Message.direction, Message.proof)
    ):
        mails[thread_id] = mails.get(thread_id, 0) + number
        if direction is Direction.IN and proof is Proof.TOKEN:
            proven.add(thread_id)
    files = session.execute(
        select(Message.thread_id, func.count(Attachment.id))
        .join(Attachment, Attachment.message_id == Message.id)
        .where(Message.thread_id.in_(ids))
        .group_by(Message.thread_id)
    )
    return mails, dict(files.all()), proven
