"""How an issue goes out: numbers that add up, who got it, and the brake."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.delivery.control import pause_edition, resume_edition, stop_edition
from app.delivery.editions import get_edition
from app.delivery.ledger import LedgerCounts, count
from app.delivery.models import Edition, EditionState
from app.delivery.pace import plan_of
from app.delivery.progress import in_words, progress_of
from app.delivery.queries import DeliveryState, people, undecided
from app.foundation.errors import Conflict
from app.foundation.paging import page_number
from app.issues.models import Issue
from app.issues.queries import OUT, get_issue
from app.issues.second import second_editions
from app.web.admin.guard import allows
from app.web.state import now, reader, runtime, writer

bp = Blueprint("ledger", __name__)

RUNNING = (EditionState.SENDING, EditionState.PAUSED, EditionState.OPEN)


@dataclass(frozen=True)
class Share:
    """One state of the ledger: its number, and its part of the bar in percent."""

    name: str
    words: str
    number: int
    percent: float


@bp.get("/issues/<int:issue_id>/ledger")
@allows(Action.SEE)
def show(issue_id: int) -> ResponseReturnValue:
    issue = get_issue(reader(), issue_id)
    if issue.edition_id is None:
        return render_template("admin/ledger_waiting.html", issue=issue)
    return render_template("admin/ledger.html", **_numbers(issue))


@bp.get("/issues/<int:issue_id>/ledger/numbers")
@allows(Action.SEE)
def numbers(issue_id: int) -> ResponseReturnValue:
    """The part of the page that changes while the issue goes out."""
    issue = get_issue(reader(), issue_id)
    return render_template("admin/_numbers.html", **_numbers(issue)) if issue.edition_id else ("", 204)


@bp.get("/issues/<int:issue_id>/people")
@allows(Action.SEE)
def who(issue_id: int) -> ResponseReturnValue:
    """The readers of an issue; `edition` chooses one of its second editions."""
    issue = get_issue(reader(), issue_id)
    edition = _chosen(issue)
    raw = request.args.get("state")
    state = DeliveryState(raw) if raw in set(DeliveryState) else None
    search = request.args.get("search", "")[:200]
    page = people(
        reader(), edition.id, state=state, search=search, page=page_number(request.args.get("page"))
    )
    return render_template(
        "admin/people.html",
        issue=issue,
        page=page,
        state=state,
        search=search,
        states=list(DeliveryState),
        second=edition if edition.id != issue.edition_id else None,
    )


@bp.post("/issues/<int:issue_id>/pause")
@allows(Action.SEND)
def pause(issue_id: int) -> ResponseReturnValue:
    pause_edition(writer(), now(), _edition(get_issue(reader(), issue_id)).id, reason="Paused in the studio.")
    return _back(issue_id, "paused")


@bp.post("/issues/<int:issue_id>/resume")
@allows(Action.SEND)
def resume(issue_id: int) -> ResponseReturnValue:
    resume_edition(writer(), now(), _edition(get_issue(reader(), issue_id)).id)
    return _back(issue_id, "resumed")


@bp.get("/issues/<int:issue_id>/stop")
@allows(Action.SEND)
def ask_to_stop(issue_id: int) -> ResponseReturnValue:
    return render_template("admin/stop.html", **_numbers(get_issue(reader(), issue_id)))


@bp.post("/issues/<int:issue_id>/stop")
@allows(Action.SEND)
def stop(issue_id: int) -> ResponseReturnValue:
    stop_edition(writer(), now(), _edition(get_issue(reader(), issue_id)).id, reason="Stopped in the studio.")
    return _back(issue_id, "stopped")


def _chosen(issue: Issue) -> Edition:
    raw = request.args.get("edition", "")
    return next(
        (each.edition for each in second_editions(reader(), issue.id) if str(each.edition.id) == raw),
        None,
    ) or _edition(issue)


def _edition(issue: Issue) -> Edition:
    """The issue's Edition. Raises Conflict before it went out."""
    if issue.edition_id is None:
        raise Conflict(f"This issue is {issue.state.value}; nothing of it has been sent.")
    return get_edition(reader(), issue.edition_id)


def _numbers(issue: Issue) -> dict[str, object]:
    edition = _edition(issue)
    counts = count(reader(), edition.id)
    return {
        "issue": issue,
        "edition": edition,
        "counts": counts,
        "shares": _shares(counts),
        **_pace(edition),
        "undecided": len(undecided(reader(), edition.id)) if counts.uncertain else 0,
        "running": edition.state in RUNNING and issue.state in OUT,
    }


def _pace(edition: Edition) -> dict[str, object]:
    """How fast it goes, and when it will be through."""
    here = runtime()
    progress = progress_of(reader(), now(), edition.id, plan_of(here.settings, now().date()))
    return {"progress": progress, "remaining": in_words(progress)}


def _shares(counts: LedgerCounts) -> list[Share]:
    words = {
        "accepted": "accepted by their mail servers",
        "in_flight": "being handed over",
        "queued": "waiting their turn",
        "deferred": "put off, tried again later",
        "failed": "refused for good",
        "uncertain": "uncertain: handed over, answer lost",
        "excluded": "left out: unsubscribed, suppressed or not confirmed",
    }
    whole = max(1, counts.audience)
    return [
        Share(name, text, getattr(counts, name), 100 * getattr(counts, name) / whole)
        for name, text in words.items()
    ]


def _back(issue_id: int, said: str) -> ResponseReturnValue:
    writer().commit()
    return redirect(url_for("studio.ledger.show", issue_id=issue_id, said=said), 303)
