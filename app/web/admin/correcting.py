"""Correcting the page of an issue that went out: the mail stays as it was sent, the archive says it right."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import Conflict, HandoffError
from app.issues.composing import Words
from app.issues.models import Issue
from app.issues.preview import preview_web
from app.issues.queries import OUT, get_issue
from app.issues.writing import Draft, EditedMeanwhile, correct_issue
from app.web.admin.desk import press, version_of_form
from app.web.admin.guard import allows, author
from app.web.state import now, reader, writer

bp = Blueprint("correcting", __name__)


@bp.get("/issues/<int:issue_id>/correct")
@allows(Action.SEND)
def show(issue_id: int) -> ResponseReturnValue:
    issue = get_issue(reader(), issue_id)
    if issue.state not in OUT:
        raise Conflict("This issue has not gone out; change its text instead.")
    return _page(issue, Draft(issue.title, markdown=issue.markdown))


@bp.post("/issues/<int:issue_id>/correct")
@allows(Action.SEND)
def save(issue_id: int) -> ResponseReturnValue:
    """What cannot be shown is not saved; the words come back in the form."""
    issue = get_issue(reader(), issue_id)
    typed = Draft(request.form.get("title", ""), markdown=request.form.get("markdown", ""))
    try:
        words = Words(issue.kind, issue.slug, typed.title, issue.subject, issue.preheader, typed.markdown)
        preview_web(reader(), words, press())
        correct_issue(writer(), now(), issue_id, version_of_form(), typed, author_id=author().id)
    except EditedMeanwhile as error:
        writer().rollback()
        return _page(issue, typed, error, theirs=get_issue(reader(), issue_id)), error.status
    except HandoffError as error:
        writer().rollback()
        return _page(issue, typed, error), error.status
    writer().commit()
    return redirect(url_for("studio.ledger.show", issue_id=issue_id, said="corrected"), 303)


def _page(issue: Issue, words: Draft, error: HandoffError | None = None, theirs: Issue | None = None) -> str:
    return render_template("admin/correct.html", issue=issue, words=words, error=error, theirs=theirs)
