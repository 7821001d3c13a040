"""Every error as a page that says what happened and what to do, with the right status code."""

import logging

from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app.foundation.errors import HandoffError, Unavailable
from app.web.public.letters import Letter, latest_letters

log = logging.getLogger(__name__)

TITLES = {
    400: "That did not work",
    403: "Not for you",
    404: "Nothing here",
    405: "Not that way",
    409: "Something changed meanwhile",
    410: "Gone",
    413: "Too much at once",
    429: "Slow down a little",
    500: "Our mistake",
    503: "Back in a moment",
}


def register_errors(app: Flask) -> None:
    """Our own errors, Flask's, a database that is away, and whatever we did not foresee."""
    app.register_error_handler(HandoffError, _ours)
    app.register_error_handler(HTTPException, _flask)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _unforeseen)


def _page(
    status: int, message: str, field: str | None = None, hint: str | None = None
) -> ResponseReturnValue:
    if request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json":
        return jsonify(error=message, field=field, hint=hint), status
    title = TITLES.get(status, TITLES[500])
    frame = "admin/error.html" if "studio" in request.blueprints else "error.html"
    latest = _latest() if status in (404, 410) and frame == "error.html" else ()
    page = render_template(
        frame, status=status, title=title, message=message, field=field, hint=hint, latest=latest
    )
    return page, status


def _latest() -> tuple[Letter, ...]:
    """Something to read instead; a page that says what is wrong must not go wrong itself."""
    try:
        return latest_letters(3)
    except SQLAlchemyError:
        return ()


def _ours(error: HandoffError) -> ResponseReturnValue:
    return _page(error.status, error.message, error.field, error.hint)


def _flask(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    words = {
        404: "There is no page at this address. It may have moved, or the link was cut short on its way to you.",
        405: "This page cannot be used that way.",
        413: "What you sent is larger than we take.",
    }
    return _page(status, words.get(status, error.description or ""))


def _database(error: OperationalError) -> ResponseReturnValue:
    log.error("database away: %s", error)
    g.records_away = True  # the page's frame must not wait for them again
    return _ours(
        Unavailable("We cannot reach our records right now.", hint="Nothing was lost; please try again.")
    )


def _unforeseen(error: Exception) -> ResponseReturnValue:
    log.exception("unforeseen error on %s %s", request.method, request.path, exc_info=error)
    return _page(
        500, "Something went wrong on our side. Nothing you sent was half done.", None, "Please try again."
    )
