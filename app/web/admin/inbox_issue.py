"""What readers said to one issue."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.conversation.echo import hear_edition
from app.conversation.models import Lane
from app.conversation.queries import Asked, Folder, thread_page
from app.foundation.errors import Conflict
from app.foundation.paging import page_number
from app.issues.queries import get_issue
from app.web.admin.guard import allows
from app.web.admin.mailroom import LANE_WORDS
from app.web.state import reader

bp = Blueprint("inbox_issue", __name__)


@bp.get("/inbox/issues/<int:issue_id>")
@allows(Action.SEE)
def show(issue_id: int) -> ResponseReturnValue:
    issue = get_issue(reader(), issue_id)
    if issue.edition_id is None:
        raise Conflict("This issue has not gone out, so nobody can have answered it.")
    asked = Asked(folder=Folder.ALL, edition_id=issue.edition_id)
    return render_template(
        "admin/inbox_issue.html",
        issue=issue,
        echo=hear_edition(reader(), issue.edition_id),
        page=thread_page(reader(), asked, page=page_number(request.args.get("page"))),
        lanes=list(Lane),
        lane_words=LANE_WORDS,
    )
