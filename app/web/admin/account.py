"""One's own account: password, and the browsers that are signed in."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.passwords import SHORTEST, check_password, set_password
from app.accounts.queries import get_author, sessions_of
from app.accounts.roles import Action
from app.accounts.sessions import end_sessions, open_session
from app.foundation.errors import InvalidInput, NotAllowed
from app.web.admin.guard import allows, author, go_signed_in
from app.web.limits import keep_pace
from app.web.state import client_ip, now, reader, user_agent, writer

bp = Blueprint("account", __name__)


@bp.get("/account")
@allows(Action.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/account/password")
@allows(Action.OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Whoever has a password gives it; whoever came in by a link sets a first one."""
    keep_pace("10 per 10 minutes", "password", str(author().id))
    try:
        if author().password_hash:
            check_password(reader(), author().email, request.form.get("present", ""))
        set_password(writer(), now(), get_author(writer(), author().id), request.form.get("password", ""))
    except NotAllowed:
        return _page(InvalidInput("is not your present password.", field="present"))
    except InvalidInput as error:
        return _page(error)
    return _stay("password")


@bp.post("/account/elsewhere")
@allows(Action.OWN_ACCOUNT)
def leave_elsewhere() -> ResponseReturnValue:
    end_sessions(writer(), author().id)
    return _stay("elsewhere")


def _stay(said: str) -> ResponseReturnValue:
    """Every session ended; this browser gets a new one."""
    secret = open_session(writer(), now(), author().id, ip=client_ip(), user_agent=user_agent())
    writer().commit()
    return go_signed_in(url_for("studio.account.show", said=said), secret)


def _page(error: InvalidInput | None = None) -> ResponseReturnValue:
    sessions = sessions_of(reader(), now(), author().id)
    page = render_template("admin/account.html", sessions=sessions, error=error, shortest=SHORTEST)
    return page, error.status if error else 200
