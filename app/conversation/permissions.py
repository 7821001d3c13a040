"""Leave to quote a reader: asked for by mail, answered by the reader, read and confirmed by the author.

Only a mail that proves it is the reader's counts as their yes or no; a machine never guesses it.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.answering import Draft, answer_thread
from app.conversation.arranging import TAG_ASKED, get_thread, put_tag, tags_of
from app.conversation.inbox_models import PermissionState, QuotePermission
from app.conversation.inert import inert_text
from app.conversation.models import Direction, Message, Proof
from app.foundation.errors import Conflict, InvalidInput, NotFound
from app.signup.desk import Desk

LONGEST: Final = 2_000


def ask_to_quote(
    session: Session, now: datetime, desk: Desk, thread_id: int, words: str, draft: Draft
) -> QuotePermission:
    """Mail the reader the very words and ask. The same form again asks nothing twice.

    Raises InvalidInput naming `words` when they are not the reader's own, and whatever answering raises.
    """
    thread = get_thread(session, thread_id)
    base_url = desk.links.base_url
    quoted = inert_text(
        "\n".join(line.strip() for line in words.replace("\0", "").strip().splitlines()), base_url
    )
    if not quoted or len(quoted) > LONGEST:
        raise InvalidInput(f"Choose the words to quote, at most {LONGEST:,} characters.", field="words")
    if not _said(session, thread.id, quoted, base_url):
        raise InvalidInput(
            "These are not the reader’s words.", field="words", hint="Quote what they wrote, exactly."
        )
    message = answer_thread(session, now, desk, thread_id, replace(draft, asks_for=quoted))
    asked = session.scalars(
        select(QuotePermission).where(QuotePermission.asked_in_id == message.id)
    ).one_or_none()
    if asked is not None:
        return asked
    asked = QuotePermission(
        thread_id=thread.id, words=quoted, state=PermissionState.ASKED, asked_at=now, asked_in_id=message.id
    )
    session.add(asked)
    if TAG_ASKED not in tags_of(session, thread.id):
        put_tag(session, thread, TAG_ASKED)
    session.flush()
    return asked


def decide_permission(
    session: Session,
    now: datetime,
    thread_id: int,
    permission_id: int,
    *,
    granted: bool,
    evidence_id: int,
    author_id: int,
) -> QuotePermission:
    """The author confirms what the reader answered; a later answer may change it.

    Raises NotFound, and Conflict when the mail named as evidence proves nothing or is older than the question.
    """
    permission = session.get(QuotePermission, permission_id)
    if permission is None or permission.thread_id != thread_id:
        raise NotFound("Nothing was asked here.")
    if evidence_id not in {message.id for message in possible_evidence(session, permission)}:
        raise Conflict(
            "That mail cannot serve as the reader’s answer.",
            hint="It must have come after the question, from the reader’s own mailbox.",
        )
    permission.state = PermissionState.GRANTED if granted else PermissionState.DECLINED
    permission.evidence_id, permission.decided_at, permission.decided_by_id = evidence_id, now, author_id
    session.flush()
    return permission


def possible_evidence(session: Session, permission: QuotePermission) -> list[Message]:
    """The reader's proven mails since the question, the newest first."""
    query = select(Message).where(
        Message.thread_id == permission.thread_id,
        Message.direction == Direction.IN,
        Message.proof == Proof.TOKEN,
        Message.id > (permission.asked_in_id or 0),
    )
    return list(session.scalars(query.order_by(Message.id.desc())))


def permissions_of(session: Session, thread_id: int) -> list[QuotePermission]:
    query = select(QuotePermission).where(QuotePermission.thread_id == thread_id)
    return list(session.scalars(query.order_by(QuotePermission.id)))


def _said(session: Session, thread_id: int, quoted: str, base_url: str) -> bool:
    """Are these the reader's words? White space is not what somebody says."""
    heard = session.scalars(
        select(Message.text).where(Message.thread_id == thread_id, Message.direction == Direction.IN)
    )
    plain = " ".join(quoted.split())
    return any(plain in " ".join(inert_text(text, base_url).split()) for text in heard)
