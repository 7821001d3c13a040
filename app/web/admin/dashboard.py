"""The first page: what is coming, what needs a decision, how the last issue did, how many readers there are."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.delivery.ledger import LedgerCounts, count
from app.issues.cadence import SlotTime
from app.issues.models import Issue, IssueKind
from app.issues.queries import coming_issues, held_issues, latest_out, list_issues
from app.issues.scheduling import free_slots
from app.subscribers.queries import count_readers, list_topics
from app.web.admin.guard import allows
from app.web.state import now, reader

bp = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class Coming:
    """One line of what is coming: a slot, and the issue that has it or nothing yet."""

    kind: IssueKind
    slot: SlotTime
    issue: Issue | None = None


@bp.get("/")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    latest = latest_out(reader())
    return render_template(
        "admin/dashboard.html",
        coming=_coming(),
        held=held_issues(reader()),
        latest=latest,
        counts=_counts(latest),
        readers=count_readers(reader()),
        topics=[
            (topic, count_readers(reader(), topic.id)) for topic in list_topics(reader(), offered_only=False)
        ],
        drafts=[issue for issue in list_issues(reader(), per_page=8).items if issue.state == "draft"][:4],
    )


def _coming() -> list[Coming]:
    """Every scheduled issue, and for each kind the next free slot, in order of time."""
    lines = [
        Coming(issue.kind, SlotTime(issue.slot or "", issue.scheduled_at or now()), issue)
        for issue in coming_issues(reader())
    ]
    for kind in IssueKind:
        lines += [Coming(kind, slot) for slot in free_slots(reader(), now(), kind, 1)]
    return sorted(lines, key=lambda line: line.slot.at)


def _counts(issue: Issue | None) -> LedgerCounts | None:
    return count(reader(), issue.edition_id) if issue and issue.edition_id else None
