"""The list of issues, and the address under which each is found whatever state it is in."""

from typing import TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.paging import page_number
from app.issues.models import IssueKind, IssueState
from app.issues.queries import OUT, count_by_state, get_issue, list_issues
from app.web.admin.guard import allows
from app.web.state import reader

bp = Blueprint("issues", __name__)

Choice = TypeVar("Choice", IssueState, IssueKind)


@bp.get("/issues")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    state = _one_of(IssueState, request.args.get("state"))
    kind = _one_of(IssueKind, request.args.get("kind"))
    return render_template(
        "admin/issues.html",
        page=list_issues(reader(), state=state, kind=kind, page=page_number(request.args.get("page"))),
        totals=count_by_state(reader()),
        state=state,
        kind=kind,
        states=list(IssueState),
    )


@bp.get("/issues/<int:issue_id>")
@allows(Action.SEE)
def find(issue_id: int) -> ResponseReturnValue:
    """Where an issue is worked on depends on its state; this address always leads there."""
    room = "ledger.show" if get_issue(reader(), issue_id).state in OUT else "writing.edit"
    return redirect(url_for(f"studio.{room}", issue_id=issue_id, said=request.args.get("said")), 303)


def _one_of(choices: type[Choice], raw: str | None) -> Choice | None:
    return choices(raw) if raw in set(choices) else None
