"""Uploading a picture for a letter."""

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import InvalidInput
from app.issues.pictures import MOST_BYTES, take_picture
from app.issues.queries import get_issue
from app.web.admin.guard import allows, takes_files
from app.web.state import reader, runtime

bp = Blueprint("picture_room", __name__)


@bp.post("/issues/<int:issue_id>/pictures")
@allows(Action.WRITE)
@takes_files(MOST_BYTES + 64 * 1024)
def upload(issue_id: int) -> ResponseReturnValue:
    """The Markdown of the stored picture: for the page's script, or on a page of its own to copy it from."""
    issue, file = get_issue(reader(), issue_id), request.files.get("file")
    script = request.accept_mimetypes.best == "application/json"
    try:
        picture = take_picture(runtime().storage, file.read() if file else b"", request.form.get("alt", ""))
    except InvalidInput as error:
        if script:
            return jsonify(message=str(error.message), field=error.field), error.status
        return render_template("admin/picture.html", issue=issue, error=error), error.status
    if script:
        return jsonify(markdown=picture.markdown)
    return render_template("admin/picture.html", issue=issue, picture=picture)
