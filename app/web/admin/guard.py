"""The studio's door: who is signed in, what they may do, and whether a form was really ours.

Every view names what it lets a person do (`@allows(Action.WRITE)`) or says that it stands outside (`@outside`). A view
that names nothing is refused, so that a forgotten decorator locks people out instead of letting them in.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

from flask import Response, abort, current_app, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.models import Author
from app.accounts.roles import Action, require
from app.accounts.sessions import SignedIn, find_session, touch_session
from app.foundation.errors import InvalidInput, NotAllowed
from app.web.state import now, reader, runtime

SESSION_COOKIE: Final = "handoff_session"
VISIT_COOKIE: Final = "handoff_visit"
"""Before anybody is signed in, the form token hangs on this one."""
COOKIE_PATH: Final = "/admin"
SESSION_SECONDS: Final = 60 * 24 * 3600

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

_ACTION = "handoff_action"
_OUTSIDE = "handoff_outside"
_MOST_BYTES = "handoff_most_bytes"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def allows(action: Action) -> Callable[[View], View]:
    """This view is for people who may do `action`."""

    def mark(view: View) -> View:
        setattr(view, _ACTION, action)
        return view

    return mark


def outside(view: View) -> View:
    """This view is for people who are not signed in yet; its forms are checked all the same."""
    setattr(view, _OUTSIDE, True)
    return view


def takes_files(most_bytes: int) -> Callable[[View], View]:
    """This view takes a form of up to so many bytes; others keep to the application's limit."""

    def mark(view: View) -> View:
        setattr(view, _MOST_BYTES, most_bytes)
        return view

    return mark


def action_of(endpoint: str) -> Action | None:
    """What an endpoint demands; None for one that stands outside, or names nothing."""
    return getattr(current_app.view_functions[endpoint], _ACTION, None)


def watch_the_door() -> ResponseReturnValue | None:
    """Before every request to the studio.

    Raises NotAllowed (role, or a view that names nothing) and InvalidInput (a form that is not ours).
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None
    signed_in, is_outside = _find_signed_in(), getattr(view, _OUTSIDE, False)
    if signed_in is None and not is_outside:
        return _to_the_door()
    request.max_content_length = getattr(view, _MOST_BYTES, request.max_content_length)
    if request.method not in SAFE:
        _check_form()
    if signed_in is None or is_outside:
        return None
    action: Action | None = getattr(view, _ACTION, None)
    if action is None:
        raise NotAllowed("This page has not been opened to anybody.")
    require(signed_in.author, action)
    return None


def author() -> Author:
    """Who is signed in; only in views that are not outside."""
    signed_in: SignedIn | None = g.get("signed_in")
    if signed_in is None:
        abort(403)
    return signed_in.author


def form_token() -> str:
    """What every form of the studio carries as `csrf`; bound to the cookie of this browser."""
    return _token_for(request.cookies.get(SESSION_COOKIE) or _visit())


def keep_visit(response: Response) -> Response:
    """After the request: hand out the cookie on which a form token was hung."""
    fresh = g.get("visit")
    if fresh and fresh != request.cookies.get(VISIT_COOKIE):
        _set_cookie(response, VISIT_COOKIE, fresh, 24 * 3600)
    return response


def go_signed_in(path: str, secret: str) -> Response:
    """Sign this browser in and send it on."""
    response = make_response(redirect(path, 303))
    _set_cookie(response, SESSION_COOKIE, secret, SESSION_SECONDS)
    response.delete_cookie(VISIT_COOKIE, path=COOKIE_PATH)
    return response


def go_signed_out(path: str) -> Response:
    """Sign this browser out and send it on."""
    response = make_response(redirect(path, 303))
    response.delete_cookie(SESSION_COOKIE, path=COOKIE_PATH)
    return response


def own_path(wish: str | None) -> str:
    """Where to go after signing in: a path of the studio, and nothing that a browser could read otherwise."""
    fallback = url_for("studio.dashboard.show")
    if not wish or not wish.startswith("/admin/") or not wish.isprintable() or "\\" in wish or "//" in wish:
        return fallback
    return wish


def _find_signed_in() -> SignedIn | None:
    secret = request.cookies.get(SESSION_COOKIE)
    found = find_session(reader(), now(), secret) if secret else None
    if found is not None and found.stale:
        with runtime().database.writing() as session:
            touch_session(session, now(), found.session_id)
    g.signed_in = found
    return found


def _check_form() -> None:
    """A29: the token of the form must belong to the cookie, and the browser must not say that it comes from afar."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotAllowed("This form did not come from the studio.")
    cookie = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISIT_COOKIE) or ""
    given = request.form.get("csrf") or request.headers.get("X-CSRF-Token") or ""
    if not cookie or not hmac.compare_digest(given.encode(), _token_for(cookie).encode()):
        raise InvalidInput(
            "This form has grown too old, or it did not come from the studio.",
            hint="Go back, load the page again and repeat it; copy what you wrote first.",
        )


def _token_for(cookie: str) -> str:
    key = runtime().signer.key("studio-form")
    return hmac.new(key, cookie.encode(), hashlib.sha256).hexdigest()


def _visit() -> str:
    if "visit" not in g:
        g.visit = request.cookies.get(VISIT_COOKIE) or secrets.token_urlsafe(32)
    visit: str = g.visit
    return visit


def _to_the_door() -> ResponseReturnValue:
    """Back to this page afterwards, or to the one whose form was sent when the session had ended."""
    home, looking = url_for("studio.dashboard.show"), request.method in SAFE
    wish = own_path(request.full_path.rstrip("?") if looking else urlsplit(request.referrer or "").path)
    said = None if looking else "ended"
    return redirect(url_for("studio.login.show", next=wish if wish != home else None, said=said), 303)


def _set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=runtime().is_https,
    )
