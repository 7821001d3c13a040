"""An issue by a guest: who they are, and where the article appeared first."""

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import HandoffError
from app.issues.guests import Guest, earlier_guests, guest_of, remove_guest, set_guest
from app.issues.models import IssueState
from app.issues.pictures import MOST_BYTES, take_picture
from app.issues.queries import get_issue
from app.web.admin.guard import allows, takes_files
from app.web.state import reader, runtime, writer
from app.web.typed import typed_number

bp = Blueprint("guest_room", __name__)

FIELDS = ("name", "bio", "photo", "link_url", "link_words", "original_url", "original_place")


@bp.get("/issues/<int:issue_id>/guest")
@allows(Action.SEE)
def show(issue_id: int) -> ResponseReturnValue:
    """`?like=` fills in what is known of a guest from another issue of theirs."""
    like = typed_number(request.args.get("like"))
    earlier = guest_of(reader(), like) if like is not None else None
    return _page(issue_id, replace(earlier, original_url="", original_place="") if earlier else None)


@bp.post("/issues/<int:issue_id>/guest")
@allows(Action.WRITE)
@takes_files(MOST_BYTES + 64 * 1024)
def save(issue_id: int) -> ResponseReturnValue:
    typed = Guest(**{field: request.form.get(field, "")[:4000] for field in FIELDS})
    try:
        file = request.files.get("file")
        if file is not None and file.filename:
            typed = replace(typed, photo=take_picture(runtime().storage, file.read(), typed.name or "-").name)
        elif request.form.get("no_photo") == "yes":
            typed = replace(typed, photo="")
        set_guest(writer(), issue_id, typed)
    except HandoffError as error:
        writer().rollback()
        return _page(issue_id, typed, error), error.status
    writer().commit()
    return redirect(url_for("studio.guest_room.show", issue_id=issue_id, said="guest"), 303)


@bp.post("/issues/<int:issue_id>/guest/remove")
@allows(Action.WRITE)
def remove(issue_id: int) -> ResponseReturnValue:
    try:
        remove_guest(writer(), issue_id)
    except HandoffError as error:
        writer().rollback()
        return _page(issue_id, None, error), error.status
    writer().commit()
    return redirect(url_for("studio.guest_room.show", issue_id=issue_id, said="no-guest"), 303)


def _page(issue_id: int, typed: Guest | None = None, error: HandoffError | None = None) -> str:
    issue, known = get_issue(reader(), issue_id), guest_of(reader(), issue_id)
    return render_template(
        "admin/issue_guest.html",
        issue=issue,
        guest=typed or known or Guest(""),
        known=known is not None,
        earlier=[(other, name) for other, name in earlier_guests(reader()) if other != issue_id],
        locked=issue.state is IssueState.SCHEDULED,
        error=error,
    )
