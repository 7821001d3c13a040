"""In front of the application: a press on a good link, and the file behind a good key, are answered right here.

They are what is asked for most of all on the day after a letter, and Flask's routing, its request and its hooks cost as
much as the rest. The rules are the counter's, as for the views. Whatever is refused, fails or comes in an unusual form
goes on to the application as if nobody had looked, which tells it with its pages, its bounds and its log.
"""

import io
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException

from app.foundation.errors import HandoffError
from app.guides.access import Visit
from app.web.headers import new_nonce, protection_by
from app.web.public.counter import PLAIN, Answer, Counter
from app.web.state import agent_of, ip_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FAILED: Final = "handoff.failed"
"""Where the application finds what went wrong here, so that it does not try the same again."""
_ADDRESS: Final = re.compile(r"/guides/([a-z0-9-]{1,64})/(download|file)/([a-z2-7]{1,128})")
_FORM: Final = "application/x-www-form-urlencoded"
_COPY_PLAIN: Final = f"copy={PLAIN}".encode()
_STATUS: Final = {each.value: f"{each.value} {each.phrase.upper()}" for each in HTTPStatus}
_PLAIN_BY_QUERY: Final = {"": False, f"copy={PLAIN}": True}


class Gate:
    """Counts and hands out by the counter; everything else is the application's."""

    def __init__(self, inner: "WSGIApplication", counter: Counter) -> None:
        self._inner = inner
        self._counter = counter

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        answer = self._answer(environ, *asked.groups()) if asked else None
        if answer is None:
            return self._inner(environ, start_response)
        said = protection_by(new_nonce(), https=self._counter.runtime.is_https)
        start_response(_STATUS[answer.status], list({**said, **answer.headers}.items()))
        return answer.body if environ["REQUEST_METHOD"] != "HEAD" else ()

    def _answer(self, environ: WSGIEnvironment, slug: str, what: str, token: str) -> Answer | None:
        """None when the application has to see to it."""
        try:
            if what == "file":
                return self._file(environ, slug, token)
            return self._press(environ, slug, token)
        except (HandoffError, HTTPException):
            return None
        except Exception as error:
            environ[FAILED] = error
            return None

    def _press(self, environ: WSGIEnvironment, slug: str, token: str) -> Answer | None:
        plain = _wants_plain(environ) if environ["REQUEST_METHOD"] == "POST" else None
        if plain is None:
            return None
        counter = self._counter
        visit = Visit(ip_of(environ, counter.runtime.settings.client_ip_header), agent_of(environ))
        return counter.press(counter.runtime.clock(), slug, token, visit, plain=plain)

    def _file(self, environ: WSGIEnvironment, slug: str, token: str) -> Answer | None:
        plain = _PLAIN_BY_QUERY.get(environ.get("QUERY_STRING", ""))
        if plain is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        return self._counter.file(self._counter.runtime.clock(), environ, slug, token, plain=plain)


def _wants_plain(environ: WSGIEnvironment) -> bool | None:
    """What the form of our own page says; None for any other body, which the application can still read."""
    if _has_no_body(environ):
        return False
    if environ.get("CONTENT_LENGTH") != str(len(_COPY_PLAIN)):
        return None
    if environ.get("CONTENT_TYPE", "").partition(";")[0] != _FORM:
        return None
    body = environ["wsgi.input"].read(len(_COPY_PLAIN))
    environ["wsgi.input"] = io.BytesIO(body)
    return True if body == _COPY_PLAIN else None


def _has_no_body(environ: WSGIEnvironment) -> bool:
    """RFC 9112, section 6.3: neither a length nor an encoding means none. In HTTP/2 it may mean anything."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bool(length == "0")
    return "HTTP_TRANSFER_ENCODING" not in environ and environ["SERVER_PROTOCOL"] in ("HTTP/1.1", "HTTP/1.0")
