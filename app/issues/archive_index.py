"""The words of the public archive, kept right for searching when an issue goes out, is corrected, leaves or returns.

Code writes `issue_text` only; the databases build their own index from it (migrations 0013 and 0023). What was
missed, because it went out before there was an index or was restored from a backup, is found by comparing versions.
"""

import html
import re
from typing import Final

import nh3
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.foundation.errors import ContentError
from app.issues.models import Issue, IssueText
from app.issues.queries import OUT
from app.rendering.letter import render_web, web_line

AT_ONCE: Final = 50
FTS: Final = "issue_fts"
"""SQLite's index and the tables that it makes for itself begin with this name."""

_BLOCK_END: Final = re.compile(r"</(?:p|li|h[1-6]|div|aside|blockquote|t[dhr]|pre)>|<[bh]r\s*/?>")


def index_issue(session: Session, issue: Issue) -> None:
    """Put the issue's present words into the index, or take them out when readers must not find it any more."""
    kept = session.get(IssueText, issue.id)
    if issue.state not in OUT or issue.withdrawn_at is not None:
        if kept is not None:
            session.delete(kept)
        session.flush()
        return
    if kept is None:
        kept = IssueText(issue_id=issue.id)
        session.add(kept)
    kept.version = issue.version
    kept.title = web_line(issue.title)
    kept.preheader = web_line(issue.preheader)
    kept.body = archive_words(issue)
    session.flush()


def index_missed(session: Session, *, limit: int = AT_ONCE) -> int:
    """Index what is out and has no words of its present version; how many there were, at most `limit`."""
    session.execute(
        delete(IssueText).where(
            IssueText.issue_id.in_(select(Issue.id).where(Issue.withdrawn_at.is_not(None)))
        )
    )
    missed = session.scalars(
        select(Issue)
        .outerjoin(IssueText, IssueText.issue_id == Issue.id)
        .where(
            Issue.state.in_(OUT),
            Issue.withdrawn_at.is_(None),
            or_(IssueText.issue_id.is_(None), IssueText.version != Issue.version),
        )
        .order_by(Issue.id)
        .limit(limit)
    ).all()
    for issue in missed:
        index_issue(session, issue)
    return len(missed)


def missed_any(session: Session) -> bool:
    """Is there anything for `index_missed`? Asked before a writing transaction is opened for it."""
    out = select(Issue.id).outerjoin(IssueText, IssueText.issue_id == Issue.id)
    missing = out.where(
        Issue.state.in_(OUT),
        Issue.withdrawn_at.is_(None),
        or_(IssueText.issue_id.is_(None), IssueText.version != Issue.version),
    )
    surplus = select(IssueText.issue_id).join(Issue).where(Issue.withdrawn_at.is_not(None))
    return session.scalar(missing.limit(1)) is not None or session.scalar(surplus.limit(1)) is not None


def archive_words(issue: Issue) -> str:
    """The text of the issue's page without its markup; paragraphs end with a line break."""
    try:
        page = str(render_web(issue.markdown, kind=issue.kind.value, guide_url="/guides"))
    except ContentError:
        page = html.escape(
            issue.markdown
        )  # went out under older rules: its words are worth finding all the same
    plain = html.unescape(nh3.clean(_BLOCK_END.sub("\n", page), tags=set()))
    lines = (" ".join(line.split()) for line in plain.split("\n"))
    return "\n".join(line for line in lines if line)
