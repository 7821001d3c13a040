"""Approving an issue for a slot, taking it back, sending a test to oneself, and sending at once."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import HandoffError, InvalidInput
from app.issues.cadence import get_cadence
from app.issues.composing import words_of
from app.issues.findings import Report
from app.issues.models import Issue
from app.issues.preflight import HeldByPreflight, check_before, examine
from app.issues.preview import send_test
from app.issues.publishing import send_now
from app.issues.queries import get_issue
from app.issues.scheduling import free_slots, schedule_issue, unschedule_issue
from app.issues.writing import check_complete
from app.rendering.letter import web_line
from app.subscribers.queries import count_readers
from app.web.admin.desk import kit, press, read_as, version_of_form
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
    """The issue is checked first: what cannot be sent is not approved."""
    slot, version = request.form.get("slot", "next"), version_of_form()
    at, date = None if slot == "next" else slot, request.form.get("date", "")
    if slot == "other":
        at = f"{date} {request.form.get('time', '')}".strip()
    try:
        if date and slot != "other":
            raise InvalidInput(
                "A date is typed in, and another slot is chosen.",
                field="at",
                hint="Choose “Another time” if you mean the date; else empty it.",
            )
        _check(get_issue(reader(), issue_id))
        scheduled = schedule_issue(writer(), now(), issue_id, at=at, version=version)
        writer().commit()
    except HeldByPreflight as error:
        return _page(get_issue(reader(), issue_id), error, error.report)
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
        _check(issue)
        send_now(writer(), now(), issue_id, version=version)
        writer().commit()
    except HeldByPreflight as error:
        return _page(issue, error, error.report)
    except HandoffError as error:
        return _page(issue, error)
    return redirect(url_for("studio.ledger.show", issue_id=issue_id, said="sending"), 303)


@bp.post("/issues/<int:issue_id>/test")
@allows(Action.WRITE)
def test(issue_id: int) -> ResponseReturnValue:
    """The saved words, to the author's own address."""
    send_test(writer(), now(), get_issue(writer(), issue_id), author(), press(), read_as(None))
    writer().commit()
    return redirect(url_for("studio.writing.edit", issue_id=issue_id, said="test"), 303)


@bp.post("/issues/<int:issue_id>/check")
@allows(Action.SEE)
def look_again(issue_id: int) -> ResponseReturnValue:
    """The check of the saved words with their links fetched; changes nothing of the issue."""
    issue = get_issue(reader(), issue_id)
    words = words_of(issue)
    return _page(issue, report=examine(reader(), now(), words, kit(words, asking=True)))


def _check(issue: Issue) -> None:
    """Raises HeldByPreflight, and InvalidInput for what is missing altogether."""
    check_complete(issue)
    words = words_of(issue)
    check_before(reader(), now(), words, kit(words, asking=True))


def _page(
    issue: Issue, error: HandoffError | None = None, report: Report | None = None
) -> ResponseReturnValue:
    cadence = get_cadence(reader(), issue.kind)
    if report is None:
        words = words_of(issue)
        report = examine(reader(), now(), words, kit(words))
    page = render_template(
        "admin/schedule.html",
        issue=issue,
        subject=_plain(issue.subject),
        preheader=_plain(issue.preheader),
        slots=free_slots(reader(), now(), issue.kind, 4),
        cadence=cadence,
        audience=count_readers(reader(), cadence.topic_id),
        error=error,
        report=report,
        form=request.form,
    )
    return page, error.status if error and request.method == "POST" else 200


def _plain(line: str) -> str:
    """A line as somebody without a name sees it; as typed while its merge tags are broken."""
    try:
        return web_line(line)
    except HandoffError:
        return line
