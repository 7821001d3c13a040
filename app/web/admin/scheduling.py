"""Approving an issue for a slot, taking it back, sending a test to oneself, and sending at once."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import HandoffError
from app.issues.cadence import get_cadence
from app.issues.models import Issue
from app.issues.preview import send_test
from app.issues.publishing import prepare_issue, send_now
from app.issues.queries import get_issue
from app.issues.scheduling import free_slots, schedule_issue, unschedule_issue
from app.rendering.letter import web_line
from app.subscribers.queries import count_readers
from app.web.admin.desk import press, version_of_form
from app.web.admin.guard import allows, author
from app.web.state import now, reader, writer

bp = Blueprint("scheduling", __name__)


@bp.get("/issues/<int:issue_id>/schedule")
@allows(Action.SEND)
def show(issue_id: int) -> ResponseReturnValue:
    return _page(get_issue(reader(), issue_id))


@bp.post("/issues/<int:issue_id>/schedule")
@allows(Action.SEND)
def approve(issue_id: int) -> ResponseReturnValue:
    """The issue is rendered first: what cannot be sent is not approved."""
    slot, version = request.form.get("slot", "next"), version_of_form()
    at = None if slot == "next" else slot
    if slot == "other":
        at = f"{request.form.get('date', '')} {request.form.get('time', '')}".strip()
    try:
        prepare_issue(reader(), issue_id, press())
        scheduled = schedule_issue(writer(), now(), issue_id, at=at, version=version)
        writer().commit()
    except HandoffError as error:
        return _page(get_issue(reader(), issue_id), error)
    return render_template("admin/scheduled.html", issue=scheduled.issue, slot=scheduled.slot)


@bp.post("/issues/<int:issue_id>/take-back")
@allows(Action.SEND)
def take_back(issue_id: int) -> ResponseReturnValue:
    unschedule_issue(writer(), now(), issue_id)
    writer().commit()
    return redirect(url_for("studio.writing.edit", issue_id=issue_id, said="taken-back"), 303)


@bp.post("/issues/<int:issue_id>/send-now")
@allows(Action.SEND)
def at_once(issue_id: int) -> ResponseReturnValue:
    """A box that has to be ticked stands before it: this one cannot be taken back."""
    version = version_of_form()
    issue = get_issue(reader(), issue_id)
    if request.form.get("sure") != "yes":
        return redirect(url_for("studio.scheduling.show", issue_id=issue_id), 303)
    try:
        prepare_issue(reader(), issue_id, press())
        send_now(writer(), now(), issue_id, version=version)
        writer().commit()
    except HandoffError as error:
        return _page(issue, error)
    return redirect(url_for("studio.ledger.show", issue_id=issue_id, said="sending"), 303)


@bp.post("/issues/<int:issue_id>/test")
@allows(Action.WRITE)
def test(issue_id: int) -> ResponseReturnValue:
    """The saved words, to the author's own address."""
    send_test(writer(), now(), get_issue(writer(), issue_id), author(), press())
    writer().commit()
    return redirect(url_for("studio.writing.edit", issue_id=issue_id, said="test"), 303)


def _page(issue: Issue, error: HandoffError | None = None) -> ResponseReturnValue:
    cadence = get_cadence(reader(), issue.kind)
    if error is None:
        try:
            prepare_issue(reader(), issue.id, press())
        except HandoffError as found:
            error = found
    page = render_template(
        "admin/schedule.html",
        issue=issue,
        subject=_plain(issue.subject),
        preheader=_plain(issue.preheader),
        slots=free_slots(reader(), now(), issue.kind, 4),
        cadence=cadence,
        audience=count_readers(reader(), cadence.topic_id),
        error=error,
        form=request.form,
    )
    return page, error.status if error and request.method == "POST" else 200


def _plain(line: str) -> str:
    """A line as somebody without a name sees it; as typed while its merge tags are broken."""
    try:
        return web_line(line)
    except HandoffError:
        return line
