"""What the inbox may do by itself."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.conversation.house_rules import Rules, change_rules, get_rules
from app.foundation.errors import InvalidInput
from app.web.admin.guard import allows
from app.web.state import reader, writer

bp = Blueprint("inbox_settings", __name__)


@bp.get("/inbox/settings")
@allows(Action.MANAGE)
def show() -> ResponseReturnValue:
    return render_template("admin/inbox_settings.html", rules=get_rules(reader()), error=None)


@bp.post("/inbox/settings")
@allows(Action.MANAGE)
def save() -> ResponseReturnValue:
    typed = request.form
    try:
        change_rules(writer(), typed.to_dict())
    except InvalidInput as error:
        writer().rollback()
        rules = Rules(
            typed.get("weekly") == "yes",
            typed.get("acknowledge") == "yes",
            get_rules(reader()).acknowledge_days,
            typed.get("acknowledge_words", ""),
        )
        return render_template("admin/inbox_settings.html", rules=rules, error=error), error.status
    writer().commit()
    return redirect(url_for("studio.inbox_settings.show", said="saved"), 303)
