"""Saving while somebody types, and the earlier versions that can be put back."""

from dataclasses import replace

from flask import Blueprint, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import Conflict, HandoffError
from app.issues.history import get_version, list_versions
from app.issues.queries import get_issue
from app.issues.words import clock_words
from app.issues.writing import EDITABLE, Draft, EditedMeanwhile, save_issue
from app.web.admin.desk import draft_of_form, local, version_of_form
from app.web.admin.guard import allows, author
from app.web.state import now, reader, writer

bp = Blueprint("history", __name__)


@bp.post("/issues/<int:issue_id>/autosave")
@allows(Action.WRITE)
def autosave(issue_id: int) -> ResponseReturnValue:
    """What the page sends by itself a few seconds after the last key; the answer is for its script."""
    try:
        words = replace(draft_of_form(), slug="")  # an address half typed is not one
        saved = save_issue(
            writer(), now(), issue_id, version_of_form(), words, author_id=author().id, by_itself=True
        )
    except HandoffError as error:
        writer().rollback()
        return jsonify(message=error.message, status=error.status), error.status
    writer().commit()
    return jsonify(version=saved.version, at=clock_words(local(now())))


@bp.get("/issues/<int:issue_id>/history")
@allows(Action.SEE)
def show(issue_id: int) -> ResponseReturnValue:
    issue = get_issue(reader(), issue_id)
    return render_template(
        "admin/history.html",
        issue=issue,
        versions=list_versions(reader(), issue_id),
        editable=issue.state in EDITABLE,
    )


@bp.get("/issues/<int:issue_id>/history/<int:version_id>")
@allows(Action.SEE)
def one(issue_id: int, version_id: int) -> ResponseReturnValue:
    issue = get_issue(reader(), issue_id)
    return render_template(
        "admin/version.html",
        issue=issue,
        version=get_version(reader(), issue_id, version_id),
        editable=issue.state in EDITABLE,
    )


@bp.post("/issues/<int:issue_id>/history/<int:version_id>/restore")
@allows(Action.WRITE)
def restore(issue_id: int, version_id: int) -> ResponseReturnValue:
    """The old words become the newest version; those they replace stay in the history."""
    old = get_version(writer(), issue_id, version_id)
    words = Draft(old.title, old.subject, old.preheader, old.markdown)
    try:
        save_issue(writer(), now(), issue_id, version_of_form(), words, author_id=author().id)
    except EditedMeanwhile as error:
        raise Conflict(
            "Somebody saved this issue meanwhile, so nothing was put back.",
            hint="Its earlier versions have their words too; look at them first.",
        ) from error
    writer().commit()
    return redirect(url_for("studio.writing.edit", issue_id=issue_id, said="put-back"), 303)
