"""Coming in and going out: a password, or a link by mail. Both say the same whoever asks (A31)."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.links import look_at_link, use_link
from app.accounts.models import LinkPurpose
from app.accounts.passwords import SHORTEST, acceptable, check_password, set_password
from app.accounts.roles import Action
from app.accounts.sessions import end_session, open_session
from app.foundation.errors import InvalidInput, NotAllowed
from app.web.admin.guard import SESSION_COOKIE, allows, go_signed_in, go_signed_out, outside, own_path
from app.web.admin.invitations import mail_login_link
from app.web.limits import keep_pace
from app.web.state import client_ip, now, reader, runtime, user_agent, writer

bp = Blueprint("login", __name__)

TOO_OFTEN = "There were too many attempts to sign in."


@bp.get("/login")
@outside
def show() -> ResponseReturnValue:
    return render_template("admin/login.html", next=own_path(request.args.get("next")))


@bp.post("/login")
@outside
def enter() -> ResponseReturnValue:
    """The password is verified on a reading session: argon2 takes its time, and nobody should wait for the lock."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    wish = own_path(request.form.get("next"))
    keep_pace("30 per 10 minutes", "login", client_ip(), message=TOO_OFTEN)
    keep_pace("8 per 10 minutes", "login-for", email.strip().casefold()[:320], message=TOO_OFTEN)
    try:
        author = check_password(reader(), email, password)
    except NotAllowed as error:
        page = render_template("admin/login.html", next=wish, email=email[:320], error=error)
        return page, error.status
    return _sign_in(author.id, wish)


@bp.post("/login/link")
@outside
def ask() -> ResponseReturnValue:
    """A link by mail. The page is the same for every address, known or not."""
    keep_pace("10 per hour", "login-link", client_ip(), message="There were too many requests for a link.")
    email = request.form.get("email", "")
    mail_login_link(writer(), now(), email, runtime())
    writer().commit()
    return render_template("admin/link_sent.html", email=email.strip()[:320])


@bp.get("/enter/<secret>")
@outside
def look(secret: str) -> ResponseReturnValue:
    """What the link would do, and a button. Mail scanners fetch links; they press no buttons."""
    seen = look_at_link(reader(), now(), secret)
    return render_template("admin/enter.html", seen=seen, secret=secret, shortest=SHORTEST)


@bp.post("/enter/<secret>")
@outside
def use(secret: str) -> ResponseReturnValue:
    keep_pace("30 per 10 minutes", "login", client_ip(), message=TOO_OFTEN)
    seen = look_at_link(reader(), now(), secret)
    if seen.purpose is LinkPurpose.SET_PASSWORD:
        password = request.form.get("password", "")
        try:
            acceptable(password, seen.author)
        except InvalidInput as error:
            page = render_template(
                "admin/enter.html", seen=seen, secret=secret, shortest=SHORTEST, error=error
            )
            return page, error.status
        used = use_link(writer(), now(), secret)
        set_password(writer(), now(), used.author, password)
    else:
        used = use_link(writer(), now(), secret)
    return _sign_in(used.author.id, url_for("studio.dashboard.show"))


@bp.post("/sign-out")
@allows(Action.OWN_ACCOUNT)
def leave() -> ResponseReturnValue:
    end_session(writer(), request.cookies[SESSION_COOKIE])
    writer().commit()
    return go_signed_out(url_for("studio.login.show", said="signed-out"))


def _sign_in(author_id: int, wish: str) -> ResponseReturnValue:
    secret = open_session(writer(), now(), author_id, ip=client_ip(), user_agent=user_agent())
    writer().commit()
    return go_signed_in(wish, secret)
