"""An issue's place in the public archive: its topics, and taking its page back or letting it return."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import InvalidInput
from app.issues.queries import OUT, get_issue
from app.issues.themes import known_themes, set_themes, themes_of
from app.issues.withdrawing import restore_issue, withdraw_issue
from app.web.admin.guard import allows
from app.web.state import now, reader, writer

bp = Blueprint("archive_room", __name__)


@bp.get("/issues/<int:issue_id>/archive")
@allows(Action.WRITE)
def show(issue_id: int) -> ResponseReturnValue:
    return _page(issue_id)


@bp.post("/issues/<int:issue_id>/topics")
@allows(Action.WRITE)
def save_themes(issue_id: int) -> ResponseReturnValue:
    typed = request.form.get("themes", "")[:1000]
    try:
        set_themes(writer(), issue_id, typed)
    except InvalidInput as error:
        writer().rollback()
        return _page(issue_id, error, typed), error.status
    writer().commit()
    return redirect(url_for("studio.archive_room.show", issue_id=issue_id, said="topics"), 303)


@bp.post("/issues/<int:issue_id>/withdraw")
@allows(Action.SEND)
def withdraw(issue_id: int) -> ResponseReturnValue:
    """Only with the box ticked: readers who follow a link from here on find nothing but a note."""
    if request.form.get("sure") != "yes":
        error = InvalidInput("Tick the box if you mean it.", field="sure")
        return _page(issue_id, error), error.status
    withdraw_issue(writer(), now(), issue_id)
    writer().commit()
    return redirect(url_for("studio.archive_room.show", issue_id=issue_id, said="withdrawn"), 303)


@bp.post("/issues/<int:issue_id>/restore")
@allows(Action.SEND)
def restore(issue_id: int) -> ResponseReturnValue:
    restore_issue(writer(), now(), issue_id)
    writer().commit()
    return redirect(url_for("studio.archive_room.show", issue_id=issue_id, said="page-back"), 303)


def _page(issue_id: int, error: InvalidInput | None = None, typed: str | None = None) -> str:
    issue = get_issue(reader(), issue_id)
    return render_template(
        "admin/archive.html",
        issue=issue,
        out=issue.state in OUT,
        themes=", ".join(theme.name for theme in themes_of(reader(), issue_id)) if typed is None else typed,
        known=known_themes(reader()),
        error=error,
    )
