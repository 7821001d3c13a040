"""One reader's copies of an issue, and what the author may do: send another, or decide about an uncertain one.

Every button stands on a page that says first what it will do.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.delivery.again import send_to_one
from app.delivery.control import leave_uncertain, send_again
from app.delivery.models import Delivery, RecipientKind
from app.delivery.queries import DeliveryState, copies_of, history, undecided
from app.foundation.errors import Conflict, HandoffError, InvalidInput, NotFound
from app.issues.models import Issue
from app.issues.queries import get_issue
from app.web.admin.guard import allows
from app.web.state import now, reader, writer

bp = Blueprint("copies", __name__)


@bp.get("/issues/<int:issue_id>/people/<int:delivery_id>")
@allows(Action.SEE)
def show(issue_id: int, delivery_id: int) -> ResponseReturnValue:
    return _page(get_issue(reader(), issue_id), delivery_id)


@bp.post("/issues/<int:issue_id>/people/<int:delivery_id>")
@allows(Action.SEND)
def act(issue_id: int, delivery_id: int) -> ResponseReturnValue:
    """Leave an uncertain copy, send it again, or send one more to this reader."""
    issue = get_issue(reader(), issue_id)
    delivery = _delivery(issue, delivery_id)
    said = {"leave": "left-alone", "again": "sent-again", "more": "one-more"}.get(
        request.form.get("what", "")
    )
    if said is None:
        raise InvalidInput("This form is not complete.", field="what", hint="Load the page again.")
    try:
        if said == "left-alone":
            leave_uncertain(writer(), now(), delivery_id)
        elif said == "sent-again":
            send_again(writer(), now(), delivery_id)
        else:
            send_to_one(writer(), now(), delivery.edition_id, delivery.recipient_id)
    except HandoffError as error:
        writer().rollback()
        return _page(issue, delivery_id, error), error.status
    writer().commit()
    return redirect(url_for("studio.copies.show", issue_id=issue_id, delivery_id=delivery_id, said=said), 303)


@bp.get("/issues/<int:issue_id>/uncertain")
@allows(Action.SEE)
def decide(issue_id: int) -> ResponseReturnValue:
    issue = get_issue(reader(), issue_id)
    return render_template("admin/uncertain.html", issue=issue, number=len(_undecided(issue)))


@bp.post("/issues/<int:issue_id>/uncertain")
@allows(Action.SEND)
def decide_all(issue_id: int) -> ResponseReturnValue:
    """One decision for everybody who is uncertain."""
    issue = get_issue(reader(), issue_id)
    what = request.form.get("what", "")
    if what not in {"leave", "again"}:
        raise InvalidInput("This form is not complete.", field="what", hint="Load the page again.")
    try:
        for delivery_id in _undecided(issue):
            (leave_uncertain if what == "leave" else send_again)(writer(), now(), delivery_id)
    except HandoffError as error:
        writer().rollback()
        page = render_template(
            "admin/uncertain.html", issue=issue, number=len(_undecided(issue)), error=error
        )
        return page, error.status
    writer().commit()
    said = "left-alone" if what == "leave" else "sent-again"
    return redirect(url_for("studio.ledger.show", issue_id=issue_id, said=said), 303)


def _undecided(issue: Issue) -> list[int]:
    """Raises Conflict before the issue went out."""
    if issue.edition_id is None:
        raise Conflict(f"This issue is {issue.state.value}; nothing of it has been sent.")
    return undecided(reader(), issue.edition_id)


def _delivery(issue: Issue, delivery_id: int) -> Delivery:
    """A delivery of this issue's Edition to a reader. Raises NotFound."""
    found = reader().get(Delivery, delivery_id)
    if found is None or issue.edition_id is None or found.edition_id != issue.edition_id:
        raise NotFound("There is no such copy of this issue.")
    return found


def _page(issue: Issue, delivery_id: int, error: HandoffError | None = None) -> str:
    session = reader()
    session.expire_all()
    delivery = _delivery(issue, delivery_id)
    copies = copies_of(session, delivery.edition_id, delivery.recipient_kind, delivery.recipient_id)
    events = {
        event.delivery_id: event
        for event in history(session, delivery.recipient_kind, delivery.recipient_id)
        if event.edition_id == delivery.edition_id
    }
    under_way = {DeliveryState.QUEUED, DeliveryState.IN_FLIGHT, DeliveryState.DEFERRED}
    return render_template(
        "admin/copies.html",
        issue=issue,
        error=error,
        copies=copies,
        events=events,
        person=copies[-1],
        undecided=set(undecided(session, delivery.edition_id)),
        under_way=any(each.state in under_way for each in copies),
        is_reader=delivery.recipient_kind is RecipientKind.SUBSCRIBER,
    )
