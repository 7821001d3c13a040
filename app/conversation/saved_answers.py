"""Answers the author keeps for using again."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.conversation.inbox_models import SavedAnswer
from app.foundation.errors import Conflict, InvalidInput, NotFound

LONGEST = 20_000


def list_saved_answers(session: Session) -> list[SavedAnswer]:
    return list(session.scalars(select(SavedAnswer).order_by(SavedAnswer.title)))


def get_saved_answer(session: Session, answer_id: int) -> SavedAnswer:
    """Raises NotFound."""
    found = session.get(SavedAnswer, answer_id)
    if found is None:
        raise NotFound("There is no such saved answer.")
    return found


def save_answer(
    session: Session, now: datetime, title: str, markdown: str, answer_id: int | None = None
) -> SavedAnswer:
    """A new one, or new words for an old one. Raises InvalidInput, NotFound, and Conflict for a title in use."""
    name = " ".join(title.replace("\0", "").split())
    if not name or len(name) > 80:
        raise InvalidInput("A saved answer needs a title of at most 80 characters.", field="title")
    words = markdown.replace("\0", "").replace("\r\n", "\n").strip()
    if not words or len(words) > LONGEST:
        raise InvalidInput(f"A saved answer needs words, at most {LONGEST:,} characters.", field="markdown")
    same = session.scalars(select(SavedAnswer).where(SavedAnswer.title == name)).one_or_none()
    if same is not None and same.id != answer_id:
        raise Conflict(f"There is a saved answer called “{name}” already.", field="title")
    answer = get_saved_answer(session, answer_id) if answer_id else SavedAnswer()
    answer.title, answer.markdown, answer.saved_at = name, words, now
    session.add(answer)
    session.flush()
    return answer


def delete_saved_answer(session: Session, answer_id: int) -> None:
    session.execute(delete(SavedAnswer).where(SavedAnswer.id == answer_id))
