"""Earlier versions of an issue: every saved state can be looked at and put back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.foundation.errors import NotFound
from app.issues.models import Issue, IssueVersion

PAUSE: Final = timedelta(seconds=60)
"""Words saved by themselves while somebody types make at most one version a minute."""


@dataclass(frozen=True)
class Saved:
    """One line of the history. `lines_added` and `lines_gone` tell it from the version before."""

    version: IssueVersion
    by: str
    lines_added: int
    lines_gone: int


def keep_version(
    session: Session, now: datetime, issue: Issue, author_id: int | None, *, by_itself: bool = False
) -> None:
    """Add the issue's present words to its history; not again when nothing changed."""
    last = _last(session, issue.id)
    if last is not None:
        same = _words(last) == _words(issue)
        if same or (by_itself and last.author_id == author_id and now - last.saved_at < PAUSE):
            return
    session.add(
        IssueVersion(
            issue_id=issue.id,
            version=issue.version,
            title=issue.title,
            subject=issue.subject,
            preheader=issue.preheader,
            markdown=issue.markdown,
            author_id=author_id,
            saved_at=now,
        )
    )
    session.flush()


def same_words_since(session: Session, issue: Issue, version: int) -> bool:
    """Do the words of `version` stand there still, and only what is around them moved on (a series, a guest)?"""
    last = _last(session, issue.id)
    return last is not None and last.version <= version and _words(last) == _words(issue)


def list_versions(session: Session, issue_id: int, *, limit: int = 100) -> list[Saved]:
    """The versions of an issue, the newest first."""
    rows = session.execute(
        select(IssueVersion, Author.name)
        .outerjoin(Author, Author.id == IssueVersion.author_id)
        .where(IssueVersion.issue_id == issue_id)
        .order_by(IssueVersion.id.desc())
        .limit(limit + 1)
    ).all()
    told = []
    for number, (version, name) in enumerate(rows[:limit]):
        before = rows[number + 1][0].markdown if number + 1 < len(rows) else ""
        told.append(Saved(version, name or "", *_difference(before, version.markdown)))
    return told


def get_version(session: Session, issue_id: int, version_id: int) -> IssueVersion:
    """Raises NotFound."""
    found = session.get(IssueVersion, version_id)
    if found is None or found.issue_id != issue_id:
        raise NotFound("There is no such version of this issue.")
    return found


def _last(session: Session, issue_id: int) -> IssueVersion | None:
    query = select(IssueVersion).where(IssueVersion.issue_id == issue_id)
    return session.scalars(query.order_by(IssueVersion.id.desc()).limit(1)).one_or_none()


def _words(of: Issue | IssueVersion) -> tuple[str, str, str, str]:
    return of.title, of.subject, of.preheader, of.markdown


def _difference(before: str, after: str) -> tuple[int, int]:
    old, new = before.split("\n"), after.split("\n")
    added = gone = 0
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            added, gone = added + d - c, gone + b - a
    return added, gone
