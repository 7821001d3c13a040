"""The Flask application: one Runtime, one session per request, blueprints, headers and error pages."""

import logging
from importlib import import_module
from typing import Any

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import IntegerConverter, Map

from app.foundation.settings import check_start, load_settings
from app.web.errors import register_errors
from app.web.headers import new_nonce, protect, protection, protection_by
from app.web.limits import Pace
from app.web.public.compression import compress
from app.web.public.counter import Counter
from app.web.public.gate import Gate
from app.web.public.kept import EXTENSION, KeptPages, Shelf, put_on_shelf
from app.web.public.served import Contents
from app.web.public.shelf import Shelf as CopyShelf
from app.web.public.site import site
from app.web.state import close_session, runtime
from app.wiring import Runtime, build_runtime

BLUEPRINTS: tuple[str, ...] = (
    "app.web.dev.mailbox",
    "app.web.health",
    "app.web.public.about",
    "app.web.public.archive",
    "app.web.public.cards",
    "app.web.public.confirm",
    "app.web.public.embed",
    "app.web.public.feeds",
    "app.web.public.guide_map",
    "app.web.public.guide_reading",
    "app.web.public.downloads",
    "app.web.public.guides",
    "app.web.public.home",
    "app.web.public.hooks",
    "app.web.public.inviting",
    "app.web.public.leave",
    "app.web.public.pictures",
    "app.web.public.series",
    "app.web.public.site",
    "app.web.public.taking",
    "app.web.public.tracking",
    "app.web.admin.studio",
)
"""Modules that expose `bp`."""

MAX_FORM_BYTES = 2 * 1024 * 1024
MAX_ID = 2**63 - 1


class Number(IntegerConverter):
    """A number in an address that a database can hold: past it there is no page, rather than an error."""

    def __init__(self, map: Map, **given: Any) -> None:
        super().__init__(map, **{"max": MAX_ID, **given})


def create_app(given: Runtime | None = None) -> Flask:
    """The application for a Runtime; without one, built from the environment (granian's factory)."""
    if given is None:
        settings = load_settings()
        check_start(settings)
        given = build_runtime(settings)
    app = Flask("app.web", static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=86_400,
    )
    app.extensions["handoff"] = given
    app.extensions["handoff_pace"] = Pace(given.redis)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.url_map.converters["int"] = Number
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).bp)
    register_errors(app)
    shelf = app.extensions[EXTENSION] = Shelf(given.database)
    contents = app.extensions["handoff_contents"] = Contents(given.storage)
    counter = app.extensions["handoff_counter"] = Counter(given, CopyShelf(), contents)
    app.wsgi_app = Gate(KeptPages(app.wsgi_app, shelf), counter)  # type: ignore[method-assign]
    app.before_request(_new_nonce)
    app.after_request(compress)  # Flask runs these from the last to the first
    app.after_request(put_on_shelf)
    app.after_request(_headers)
    app.teardown_request(close_session)
    app.context_processor(_context)
    logging.getLogger("app").setLevel(logging.INFO)
    return app


def _new_nonce() -> ResponseReturnValue | None:
    g.nonce = new_nonce()
    return None


def _context() -> dict[str, object]:
    here = runtime()
    return {"nonce": g.get("nonce", ""), "links": here.links, "settings": here.settings}


def _headers(response: Response) -> Response:
    """The policy of this answer: a nonce for each request, or one for the many whom a kept page answers."""
    https = runtime().is_https
    cacheable = request.path.startswith("/static/")
    if "kept_mark" in g:  # no nonce, and no script that is not a file of ours
        said = protection("'self'", site().accent_source, https=https, cacheable=cacheable)
    else:
        said = protection_by(g.get("nonce", ""), https=https, cacheable=cacheable)
    protect(response, said)
    return response
