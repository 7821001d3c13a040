"""Pages that are the same for everybody are made once and kept until what they show has changed.

A page is kept under its address in the memory of a web process. What readers may see has a mark, a fingerprint of the
rows that public pages are made of; it is asked for at most once a second, and at once after a commit of this process.
Another mark, or a minute gone, and the page is made anew. So a page of another process is at most a second behind what
the author changed, and at most a minute behind in what the mark leaves out (how many readers there are). Kept pages
carry no nonce and nothing of a request but its address; browsers and feed readers get 304 for what they have.
"""

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Final, ParamSpec
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.foundation.db import Base, Database, table_of
from app.guides.models import GuideFile
from app.issues.models import Cadence, Issue, IssueTheme, Theme
from app.issues.queries import OUT
from app.issues.series_models import GuestByline, Series, SeriesPart
from app.publication.models import Publication
from app.subscribers.models import Topic

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

View = ParamSpec("View")

LOOK_SECONDS: Final = 1.0
KEEP_SECONDS: Final = 60.0
MOST_PAGES: Final = 500
MOST_BYTES: Final = 32 * 1024 * 1024
LONGEST_ADDRESS: Final = 300
EXTENSION: Final = "handoff_kept"


@dataclass(frozen=True)
class KeptPage:
    """A finished answer, plain and compressed; the header lists are ready to be sent."""

    mark: str
    until: float
    etag: str
    modified: float
    body: bytes
    zipped: bytes
    headers: tuple[tuple[str, str], ...]
    zipped_headers: tuple[tuple[str, str], ...]
    unchanged_headers: tuple[tuple[str, str], ...]


class Shelf:
    """The pages of one process, the oldest making room first; and the mark of what they may show."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages: OrderedDict[str, KeptPage] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._looking = Lock()
        self._mark = ""
        self._looked_at = float("-inf")
        event.listen(database.write, "after_commit", self._look_again)

    def _look_again(self, _session: Session) -> None:
        self._looked_at = float("-inf")

    def mark(self) -> str:
        """Of what readers may see now; "" when the database cannot be asked: then nothing is kept or taken."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return self._mark
        with self._looking:
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                at = time.monotonic()
                try:
                    with self._database.reading() as session:
                        self._mark = content_mark(session)
                except SQLAlchemyError:
                    self._mark = ""
                self._looked_at = at
            return self._mark

    def take(self, address: str) -> KeptPage | None:
        """The page of this address, if it may still be shown."""
        page = self._pages.get(address)
        if page is None or not page.mark or page.mark != self.mark() or time.monotonic() > page.until:
            return None
        return page

    def put(self, address: str, page: KeptPage) -> None:
        """Keep a page; the oldest make room."""
        with self._lock:
            self._drop(address)
            self._pages[address] = page
            self._bytes += len(page.body) + len(page.zipped)
            while len(self._pages) > MOST_PAGES or self._bytes > MOST_BYTES:
                self._drop(next(iter(self._pages)))

    def _drop(self, address: str) -> None:
        old = self._pages.pop(address, None)
        if old is not None:
            self._bytes -= len(old.body) + len(old.zipped)


class KeptPages:
    """In front of the application: answers from the shelf what needs no more than that."""

    def __init__(self, inner: "WSGIApplication", shelf: Shelf) -> None:
        self._inner = inner
        self._shelf = shelf

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        page = self._shelf.take(_address(environ)) if method in ("GET", "HEAD") else None
        if page is None:
            return self._inner(environ, start_response)
        if _has_it(environ, page):
            start_response("304 NOT MODIFIED", list(page.unchanged_headers))
            return []
        zipped = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        start_response("200 OK", list(page.zipped_headers if zipped else page.headers))
        if method == "HEAD":
            return []
        return [page.zipped if zipped else page.body]


def keep(view: Callable[View, ResponseReturnValue]) -> Callable[View, ResponseReturnValue]:
    """This view's page is the same for everybody, and made of its address and what `content_mark` covers."""

    @wraps(view)
    def kept(*args: View.args, **given: View.kwargs) -> ResponseReturnValue:
        shelf: Shelf = current_app.extensions[EXTENSION]
        g.nonce, g.kept_mark = "", shelf.mark()
        return view(*args, **given)

    return kept


def put_on_shelf(response: Response) -> Response:
    """After everything else that touches the answer: keep it, and spare a browser that has it."""
    if "kept_mark" not in g or response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return response
    if "Set-Cookie" in response.headers:
        raise RuntimeError(f"{request.endpoint} is kept for everybody and must set no cookie")
    shelf: Shelf = current_app.extensions[EXTENSION]
    address = _address(request.environ)
    if request.method == "GET":
        page = _finished(response, g.kept_mark)
        if len(address) <= LONGEST_ADDRESS:
            shelf.put(address, page)
        response.headers.clear()
        response.headers.extend(page.headers)
    response.make_conditional(request)
    return response


def content_mark(session: Session) -> str:
    """A fingerprint of what public pages are made of."""
    seen: list[object] = [
        session.execute(
            select(
                func.count(),
                func.sum(Issue.id),
                func.sum(Issue.version),
                func.max(Issue.updated_at),
                func.max(Issue.sent_at),
            ).where(Issue.state.in_(OUT), Issue.withdrawn_at.is_(None))
        ).one(),
        session.execute(
            select(func.count(), func.sum(IssueTheme.issue_id * 8191 + IssueTheme.theme_id)).select_from(
                IssueTheme
            )
        ).one(),
        session.execute(select(func.max(GuideFile.id), func.count())).one(),
    ]
    for model in (Publication, Cadence, Topic, Theme, Series, SeriesPart, GuestByline):
        seen += _rows(session, model)
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _rows(session: Session, model: type[Base]) -> list[object]:
    table = table_of(model)
    return [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]


def _finished(response: Response, mark: str) -> KeptPage:
    body = response.get_data()
    zipped = gzip.compress(body, 6, mtime=0)
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    if response.cache_control.no_store or "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = etag
    response.headers["Vary"] = "Accept-Encoding"
    rest = [(name, value) for name, value in response.headers if name != "Content-Length"]
    return KeptPage(
        mark=mark,
        until=time.monotonic() + KEEP_SECONDS,
        etag=etag,
        modified=response.last_modified.timestamp() if response.last_modified else 0.0,
        body=body,
        zipped=zipped,
        headers=(*rest, ("Content-Length", str(len(body)))),
        zipped_headers=(*rest, ("Content-Encoding", "gzip"), ("Content-Length", str(len(zipped)))),
        unchanged_headers=tuple(pair for pair in rest if pair[0] != "Content-Type"),
    )


def _address(environ: WSGIEnvironment) -> str:
    return f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"


def _has_it(environ: WSGIEnvironment, page: KeptPage) -> bool:
    """RFC 9110, 13.1: If-Modified-Since counts only where there is no If-None-Match."""
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known is not None:
        bare = page.etag.removeprefix("W/")
        return known.strip() == "*" or any(
            each.strip().removeprefix("W/") == bare for each in known.split(",")
        )
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if since is None or not page.modified:
        return False
    try:
        return parsedate_to_datetime(since).timestamp() >= int(page.modified)
    except (ValueError, TypeError, OverflowError):
        return False
