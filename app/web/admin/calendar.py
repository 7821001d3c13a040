"""The calendar: both cadences for twelve weeks, moving an issue by a form, and skipping a week."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import HandoffError, InvalidInput
from app.issues.cadence import get_cadence
from app.issues.calendar import WEEKS, coming_slots, keep_slot, move_issue, skip_slot
from app.issues.models import IssueKind
from app.issues.queries import held_issues
from app.web.admin.guard import allows
from app.web.state import now, reader, writer

bp = Blueprint("calendar", __name__)


@bp.get("/calendar")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/calendar/skip")
@allows(Action.SEND)
def skip() -> ResponseReturnValue:
    """`way` says whether the slot is left out or used after all."""
    raw, name = request.form.get("kind", ""), request.form.get("slot", "")
    if raw not in set(IssueKind):
        raise InvalidInput("There is no such cadence.", field="kind")
    leaving = request.form.get("way") == "skip"
    try:
        if leaving:
            skip_slot(writer(), now(), IssueKind(raw), name)
        else:
            keep_slot(writer(), IssueKind(raw), name)
    except HandoffError as error:
        writer().rollback()
        return _page(error)
    writer().commit()
    return redirect(url_for("studio.calendar.show", said="skipped" if leaving else "kept-slot"), 303)


@bp.post("/issues/<int:issue_id>/move")
@allows(Action.SEND)
def move(issue_id: int) -> ResponseReturnValue:
    at = f"{request.form.get('date', '')} {request.form.get('time', '')}".strip()
    try:
        move_issue(writer(), now(), issue_id, at)
    except HandoffError as error:
        writer().rollback()
        return _page(error)
    writer().commit()
    return redirect(url_for("studio.calendar.show", said="moved"), 303)


def _page(error: HandoffError | None = None) -> ResponseReturnValue:
    page = render_template(
        "admin/calendar.html",
        lines=coming_slots(reader(), now()),
        cadences={kind: get_cadence(reader(), kind) for kind in IssueKind},
        held=held_issues(reader()),
        weeks=WEEKS,
        error=error,
    )
    return page, error.status if error else 200
