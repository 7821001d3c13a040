"""Taking an issue out of the public archive, and putting it back; mail that left is with its readers and stays."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Conflict
from app.issues.archive_index import index_issue
from app.issues.models import Issue
from app.issues.queries import OUT, get_issue


def withdraw_issue(session: Session, now: datetime, issue_id: int) -> Issue:
    """Its page answers 410 from now on; archive, feed, map and search know it no more.

    Raises Conflict for what has not gone out, or is withdrawn already.
    """
    return _set(session, issue_id, withdrawn_at=now, now=now)


def restore_issue(session: Session, now: datetime, issue_id: int) -> Issue:
    """Readers find it again where it was. Raises Conflict when it was not withdrawn."""
    return _set(session, issue_id, withdrawn_at=None, now=now)


def _set(session: Session, issue_id: int, *, withdrawn_at: datetime | None, now: datetime) -> Issue:
    issue = get_issue(session, issue_id)
    before = Issue.withdrawn_at.is_(None) if withdrawn_at else Issue.withdrawn_at.is_not(None)
    changed = changed_rows(
        session,
        update(Issue)
        .where(Issue.id == issue_id, Issue.state.in_(OUT), before)
        .values(withdrawn_at=withdrawn_at, updated_at=now),
    )
    session.refresh(issue)
    if changed != 1:
        raise Conflict(
            "Only an issue that has gone out has a page to withdraw."
            if issue.state not in OUT
            else f"Its page is {'withdrawn' if withdrawn_at else 'public'} already."
        )
    index_issue(session, issue)
    return issue
