"""Looking up issues and clips: for the studio's lists, for the public archive, and for the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, select, true, tuple_
from sqlalchemy.orm import Session

from app.foundation.errors import Gone, NotFound
from app.foundation.paging import Page
from app.issues.clip_models import Clip, ClipOrigin, ClipState, ReadState, SentLink
from app.issues.models import Issue, IssueKind, IssueState, IssueTheme

Row = TypeVar("Row", Issue, Clip)

OUT = (IssueState.SENDING, IssueState.SENT)
"""States in which readers hold the mail, so its web page must exist."""


class Shown(StrEnum):
    """Which part of the tray the author looks at; ASIDE is what was laid aside, from where it can come back."""

    ALL = "all"
    FEEDS = "feeds"
    MINE = "mine"
    CLOSED = "closed"
    DEAD = "dead"
    SENT = "sent"
    ASIDE = "aside"


@dataclass(frozen=True)
class SentIn:
    """A link of an earlier digest, and the issue in which readers got it."""

    issue_id: int
    issue_title: str
    title: str
    sent_at: datetime | None


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


def scheduled_digest(session: Session) -> Issue | None:
    """The next digest that goes out."""
    query = select(Issue).where(Issue.state == IssueState.SCHEDULED, Issue.kind == IssueKind.LINKS)
    return session.scalar(query.order_by(Issue.scheduled_at, Issue.id).limit(1))


def tray_page(
    session: Session, shown: Shown, author_id: int, *, page: int = 1, per_page: int = 30
) -> Page[Clip]:
    """A part of the tray, or of what was laid aside; the newest first."""
    query = select(Clip).where(_lying(shown, author_id))
    order = Clip.moved_at if shown is Shown.ASIDE else Clip.clipped_at
    return _page(session, query, (order.desc(), Clip.id.desc()), page, per_page)


def count_tray(session: Session, author_id: int) -> dict[Shown, int]:
    """How much there is to look at in each part."""
    counts = [func.count().filter(_lying(shown, author_id)) for shown in Shown]
    return dict(zip(Shown, session.execute(select(*counts).select_from(Clip)).one(), strict=True))


def clip_at_hand(session: Session, key: str) -> Clip | None:
    """The article as it lies in the tray, on the shortlist or among the picks; the page's own word counts."""
    at_hand = Clip.state.in_((ClipState.TRAY, ClipState.SHORTLISTED, ClipState.PICKED))
    query = select(Clip).where(Clip.key_hash == key, at_hand, Clip.duplicate_of_id.is_(None))
    return session.scalar(query.order_by(Clip.id).limit(1))


def doubles_of(session: Session, clip_ids: Sequence[int]) -> dict[int, list[str]]:
    """Under which other addresses each of these articles was clipped as well."""
    query = select(Clip.duplicate_of_id, Clip.url).where(Clip.duplicate_of_id.in_(clip_ids))
    found: dict[int, list[str]] = {}
    for first, url in session.execute(query.order_by(Clip.id)):
        if first is not None:
            found.setdefault(first, []).append(url)
    return found


def sent_earlier(session: Session, keys: Sequence[str]) -> dict[str, SentIn]:
    """For each key_hash that was in a digest, the latest one."""
    query = (
        select(SentLink.key_hash, Issue.id, Issue.title, SentLink.title, Issue.sent_at)
        .join(Issue, SentLink.issue_id == Issue.id)
        .where(SentLink.key_hash.in_(keys))
        .order_by(SentLink.issue_id)
    )
    return {
        key: SentIn(issue_id, issue_title, title, sent_at)
        for key, issue_id, issue_title, title, sent_at in session.execute(query)
    }


def _lying(shown: Shown, author_id: int) -> ColumnElement[bool]:
    state = ClipState.DISMISSED if shown is Shown.ASIDE else ClipState.TRAY
    part: ColumnElement[bool] = {
        Shown.FEEDS: Clip.origin == ClipOrigin.FEED,
        Shown.MINE: Clip.author_id == author_id,
        Shown.CLOSED: Clip.read_state.in_((ReadState.BLOCKED, ReadState.TROUBLE)),
        Shown.DEAD: Clip.read_state.in_((ReadState.DEAD, ReadState.REFUSED)),
        Shown.SENT: select(SentLink.id).where(SentLink.key_hash == Clip.key_hash).exists(),
    }.get(shown, true())
    return (Clip.state == state) & Clip.duplicate_of_id.is_(None) & part


def _page(
    session: Session, query: Select[Row], order: tuple[ColumnElement[Any], ...], page: int, per_page: int
) -> Page[Row]:
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(*order).limit(per_page).offset((page - 1) * per_page))
    return Page(tuple(rows), page, per_page, total)
