"""Sending an issue once more: to those without a copy, or to readers on purpose with a subject of its own."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.delivery.again import newcomers, send_to_newcomers, send_to_unreached, unreached
from app.delivery.control import pause_edition, resume_edition, stop_edition
from app.delivery.editions import get_edition
from app.delivery.ledger import count
from app.delivery.models import EditionState
from app.foundation.errors import Conflict, HandoffError, InvalidInput, NotFound
from app.issues.composing import Words
from app.issues.findings import Report
from app.issues.models import Issue, IssueState
from app.issues.preflight import HeldByPreflight, check_before
from app.issues.preview import SAMPLE_FUNCTION, MailPreview, preview_mail
from app.issues.queries import OUT, get_issue
from app.issues.second import second_editions, send_second_edition, words_again
from app.publication.settings import get_publication
from app.subscribers.models import Function
from app.web.admin.desk import kit, press
from app.web.admin.guard import allows
from app.web.admin.previewing import preview_page
from app.web.public.forms import FUNCTION_NAMES
from app.web.state import now, reader, writer
from app.web.typed import typed_number

bp = Blueprint("again", __name__)


@bp.get("/issues/<int:issue_id>/again")
@allows(Action.SEE)
def show(issue_id: int) -> ResponseReturnValue:
    return _page(_out(issue_id))


@bp.post("/issues/<int:issue_id>/again")
@allows(Action.SEND)
def to_unreached(issue_id: int) -> ResponseReturnValue:
    """The same mail to whoever has none of it."""
    issue = _out(issue_id)
    try:
        _check_sure()
        send_to_unreached(
            writer(), now(), _edition_id(issue), uncertain=request.form.get("uncertain") == "yes"
        )
    except HandoffError as error:
        writer().rollback()
        return _page(issue, error), error.status
    return _back(issue_id, "again")


@bp.post("/issues/<int:issue_id>/again/newcomers")
@allows(Action.SEND)
def to_newcomers(issue_id: int) -> ResponseReturnValue:
    """The same mail to whoever joined since."""
    issue = _out(issue_id)
    try:
        _check_sure()
        send_to_newcomers(writer(), now(), _edition_id(issue))
    except HandoffError as error:
        writer().rollback()
        return _page(issue, error), error.status
    return _back(issue_id, "newcomers")


@bp.post("/issues/<int:issue_id>/second")
@allows(Action.SEND)
def second(issue_id: int) -> ResponseReturnValue:
    """A box that has to be ticked stands before it; the mail is checked as every other."""
    issue = _out(issue_id)
    try:
        _check_sure()
        words = _words_again(issue)
        check_before(reader(), now(), words, kit(words, asking=True))
        send_second_edition(
            writer(),
            now(),
            issue_id,
            press(),
            number=_number(),
            subject=words.subject,
            preheader=words.preheader,
            function=_function(),
        )
    except HeldByPreflight as error:
        return _page(issue, error, error.report), error.status
    except HandoffError as error:
        writer().rollback()
        return _page(issue, error), error.status
    return _back(issue_id, "second")


@bp.post("/issues/<int:issue_id>/second/look")
@allows(Action.SEE)
def look(issue_id: int) -> ResponseReturnValue:
    """The mail of the form as readers would get it, above the form as it was filled in. Sends nothing."""
    issue = _out(issue_id)
    try:
        words, function = _words_again(issue), _function()
        seen = preview_mail(reader(), words, press(), function or SAMPLE_FUNCTION)
    except HandoffError as error:
        return _page(issue, error), error.status
    return _page(issue, seen=seen)


@bp.get("/issues/<int:issue_id>/second/preview")
@allows(Action.SEE)
def preview(issue_id: int) -> ResponseReturnValue:
    """What the little frame of `look` shows."""
    return preview_page(_words_again(_out(issue_id)))


@bp.post("/issues/<int:issue_id>/second/<int:edition_id>/<what>")
@allows(Action.SEND)
def brake(issue_id: int, edition_id: int, what: str) -> ResponseReturnValue:
    """Pause, resume or stop one second edition of this issue."""
    if edition_id not in {each.edition.id for each in second_editions(reader(), issue_id)}:
        raise NotFound("This is no second edition of that issue.")
    if what == "pause":
        pause_edition(writer(), now(), edition_id, reason="Paused in the studio.")
    elif what == "resume":
        resume_edition(writer(), now(), edition_id)
    elif what == "stop":
        _check_sure()
        stop_edition(writer(), now(), edition_id, reason="Stopped in the studio.")
    else:
        raise NotFound("There is no such brake.")
    return _back(issue_id, {"pause": "paused", "resume": "resumed", "stop": "stopped"}[what])


def _edition_id(issue: Issue) -> int:
    if issue.edition_id is None:
        raise Conflict("Nothing of this issue has been sent.")
    if issue.withdrawn_at is not None:
        raise Conflict("Its page is withdrawn.", hint="Put the page back first.")
    return issue.edition_id


def _out(issue_id: int) -> Issue:
    issue = get_issue(reader(), issue_id)
    if issue.state not in OUT:
        raise Conflict(f"This issue is {issue.state.value}; it has not gone out once yet.")
    return issue


def _words_again(issue: Issue) -> Words:
    """Today's words under the subject that was typed in. Raises as `words_again`."""
    subject, preheader = request.values.get("subject", ""), request.values.get("preheader", "")
    return words_again(reader(), issue, _number(), subject, preheader)


def _page(
    issue: Issue,
    error: HandoffError | None = None,
    report: Report | None = None,
    seen: MailPreview | None = None,
) -> str:
    session = reader()
    edition = get_edition(session, issue.edition_id) if issue.edition_id else None
    settled = edition is not None and edition.state is EditionState.DONE
    return render_template(
        "admin/again.html",
        issue=issue,
        error=error,
        report=report,
        edition=edition,
        counts=count(session, edition.id) if edition else None,
        settled=settled,
        ready=issue.state is IssueState.SENT,
        without=unreached(session, edition.id) if edition and settled else 0,
        joined=newcomers(session, edition.id) if edition and settled else 0,
        unsure=unreached(session, edition.id, uncertain=True) if edition and settled else 0,
        seconds=second_editions(session, issue.id),
        functions={each: words for each, words in FUNCTION_NAMES.items() if each is not Function.OTHER},
        typed=request.form,
        seen=seen,
        publication=get_publication(session),
    )


def _check_sure() -> None:
    """What cannot be taken back needs its box. Raises InvalidInput."""
    if request.form.get("sure") != "yes":
        raise InvalidInput("Tick the box if you mean it.", field="sure")


def _number() -> int:
    number = typed_number(request.values.get("number"))
    if number is None:
        raise InvalidInput("This form is not complete.", field="number", hint="Load the page again.")
    return number


def _function() -> Function | None:
    raw = request.form.get("function", "")
    if raw and raw not in set(Function):
        raise InvalidInput("is no function we know.", field="function")
    return Function(raw) if raw else None


def _back(issue_id: int, said: str) -> ResponseReturnValue:
    writer().commit()
    return redirect(url_for("studio.again.show", issue_id=issue_id, said=said), 303)
