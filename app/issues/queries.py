"""Looking up issues: for the studio's lists, for the public archive, and for the clock."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from app.foundation.errors import Gone, NotFound
from app.foundation.paging import Page
from app.issues.models import Issue, IssueKind, IssueState, IssueTheme

OUT = (IssueState.SENDING, IssueState.SENT)
"""States in which readers hold the mail, so its web page must exist."""


def get_issue(session: Session, issue_id: int) -> Issue:
    """The issue. Raises NotFound."""
    issue = session.get(Issue, issue_id)
    if issue is None:
        raise NotFound(
            f"There is no issue {issue_id}.", hint="The studio's list of issues shows what there is."
        )
    return issue


def list_issues(
    session: Session,
    *,
    state: IssueState | None = None,
    kind: IssueKind | None = None,
    page: int = 1,
    per_page: int = 25,
) -> Page[Issue]:
    """The studio's list, the last touched first."""
    query = select(Issue)
    if state is not None:
        query = query.where(Issue.state == state)
    if kind is not None:
        query = query.where(Issue.kind == kind)
    return _page(session, query, (Issue.updated_at.desc(), Issue.id.desc()), page, per_page)


def sent_issues(
    session: Session,
    *,
    kind: IssueKind | None = None,
    theme_id: int | None = None,
    page: int = 1,
    per_page: int = 20,
) -> Page[Issue]:
    """The public archive: everything that went out and was not withdrawn, the newest first."""
    query = select(Issue).where(Issue.state.in_(OUT), Issue.withdrawn_at.is_(None))
    if kind is not None:
        query = query.where(Issue.kind == kind)
    if theme_id is not None:
        about = select(IssueTheme.issue_id).where(IssueTheme.theme_id == theme_id)
        query = query.where(Issue.id.in_(about))
    return _page(session, query, (Issue.sent_at.desc(), Issue.id.desc()), page, per_page)


def sent_issue(session: Session, slug: str) -> Issue:
    """The archive page's issue. Raises NotFound for what never went out: a draft's address tells nothing; and Gone
    for what was withdrawn."""
    issue = session.scalar(select(Issue).where(Issue.slug == slug, Issue.state.in_(OUT)))
    if issue is None:
        raise NotFound(
            "There is no letter at this address. The link may have been cut short on its way to you.",
            hint="The archive lists every one that went out.",
        )
    if issue.withdrawn_at is not None:
        raise Gone("This letter was taken back by its author.", hint="Whoever got it by mail still has it.")
    return issue


def neighbours(session: Session, issue: Issue) -> tuple[Issue | None, Issue | None]:
    """The issue before this one in the public archive and the one after it."""
    public = select(Issue).where(Issue.state.in_(OUT), Issue.withdrawn_at.is_(None))
    moment = tuple_(Issue.sent_at, Issue.id)
    here = tuple_(literal(issue.sent_at, Issue.sent_at.type), literal(issue.id))
    before = public.where(moment < here).order_by(Issue.sent_at.desc(), Issue.id.desc()).limit(1)
    after = public.where(moment > here).order_by(Issue.sent_at, Issue.id).limit(1)
    return session.scalar(before), session.scalar(after)


def coming_issues(session: Session, *, limit: int = 10) -> list[Issue]:
    """What is scheduled, the next first."""
    query = select(Issue).where(Issue.state == IssueState.SCHEDULED)
    return list(session.scalars(query.order_by(Issue.scheduled_at, Issue.id).limit(limit)))


def held_issues(session: Session) -> list[Issue]:
    """What waits for the author."""
    return list(session.scalars(select(Issue).where(Issue.state == IssueState.HELD).order_by(Issue.id)))


def due_issue_ids(session: Session, now: datetime) -> list[int]:
    """Scheduled issues whose moment has come, the earliest first."""
    query = select(Issue.id).where(Issue.state == IssueState.SCHEDULED, Issue.scheduled_at <= now)
    return list(session.scalars(query.order_by(Issue.scheduled_at, Issue.id)))


def issue_ids_before(session: Session, now: datetime, until: datetime) -> list[int]:
    """Scheduled issues whose moment is still to come, but not later than `until`."""
    query = select(Issue.id).where(
        Issue.state == IssueState.SCHEDULED, Issue.scheduled_at > now, Issue.scheduled_at <= until
    )
    return list(session.scalars(query.order_by(Issue.scheduled_at, Issue.id)))


def any_sending(session: Session) -> bool:
    """Is an issue going out?"""
    return session.scalar(select(Issue.id).where(Issue.state == IssueState.SENDING).limit(1)) is not None


def latest_out(session: Session) -> Issue | None:
    """The issue that went out last."""
    query = select(Issue).where(Issue.state.in_(OUT)).order_by(Issue.sent_at.desc(), Issue.id.desc())
    return session.scalar(query.limit(1))


def count_by_state(session: Session) -> dict[IssueState, int]:
    """How many issues there are in each state that has any."""
    rows = session.execute(select(Issue.state, func.count()).group_by(Issue.state))
    return dict(rows.all())


def _page(
    session: Session, query: Select[Issue], order: tuple[ColumnElement[Any], ...], page: int, per_page: int
) -> Page[Issue]:
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(*order).limit(per_page).offset((page - 1) * per_page))
    return Page(tuple(rows), page, per_page, total)
