"""Where a guide is handed out: what a press and the file's own request do, without anything of Flask around them.

The gate in front of the application and the application's views both come here, so that there is one way to the guide
and one set of rules, whoever asks. What is refused is raised; telling it to a person is the views' work.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from wsgiref.types import WSGIEnvironment

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import dump_cookie, dump_options_header, http_date, quote_etag
from werkzeug.utils import send_file
from werkzeug.wrappers import Response

from app.foundation.errors import NotFound
from app.foundation.storage import LocalStorage
from app.foundation.straight import Driver
from app.guides.access import Visit
from app.guides.anatomy import Layout
from app.guides.downloading import (
    Copy,
    DownloadLink,
    EditionFile,
    file_token,
    find_link,
    mark_download,
    read_file_token,
    read_key,
    read_link,
)
from app.guides.personal import is_settable, personal_copy
from app.guides.reading import READER_LIFETIME, reader_token
from app.web.public.served import Contents
from app.web.public.shelf import Shelf, Shelved
from app.web.public.site import FOR_ONE_READER, day_in
from app.wiring import Runtime

PDF = "application/pdf"
PLAIN = "plain"
"""What form and address say when the reader wants no name on the first page."""
HTML = "text/html; charset=utf-8"
COOKIE = "guide_reader"
CONDITIONS = (
    "HTTP_RANGE",
    "HTTP_IF_RANGE",
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
)
"""With one of these a browser asks for less than the whole (RFC 9110, sections 13 and 14)."""


class FileMissing(NotFound):
    """An edition's file is not in storage any more: its reader and its authors have to be told."""

    def __init__(self, file_id: int) -> None:
        super().__init__("The file of this guide is missing on our side.")
        self.file_id = file_id


@dataclass(frozen=True)
class Answer:
    """What is sent, ready for the server or for a view's Response; each header once."""

    status: int
    headers: dict[str, str]
    body: Iterable[bytes]


@dataclass(frozen=True)
class Counter:
    """One in each web process."""

    runtime: Runtime
    shelf: Shelf
    contents: Contents

    def find(self, slug: str, token: str) -> DownloadLink:
        """The link whose button was pressed. Raises as `read_link`."""
        with self.runtime.database.glancing() as driver:
            return read_link(driver, self.runtime.signer, slug, token)

    def press(self, now: datetime, slug: str, token: str, visit: Visit, *, plain: bool) -> Answer:
        """`find` and `take` in one transaction, for whoever hands on what is refused. Raises as both."""
        here = self.runtime
        key = read_key(here.signer, token)
        key.check_time(now)
        if not isinstance(here.storage, LocalStorage):
            # Files far away are not asked for while a transaction is open.
            return self.take(now, self.find(slug, token), visit, plain=plain)

        def change(driver: Driver) -> DownloadLink:
            link = find_link(driver, slug, key)
            self._check_file(link)
            mark_download(driver, now, link, visit, rules=here.gate_rules)
            return link

        return self._leading(now, here.database.note(change), plain=plain)

    def take(self, now: datetime, link: DownloadLink, visit: Visit, *, plain: bool) -> Answer:
        """A person takes the guide: committed before the answer is made, which leads to the file.

        Raises FileMissing, and as `mark_download`.
        """
        self._check_file(link)
        rules = self.runtime.gate_rules
        self.runtime.database.note(lambda driver: mark_download(driver, now, link, visit, rules=rules))
        return self._leading(now, link, plain=plain)

    def _check_file(self, link: DownloadLink) -> None:
        if not self.runtime.storage.exists(link.storage_key):
            raise FileMissing(link.file_id)

    def _leading(self, now: datetime, link: DownloadLink, *, plain: bool) -> Answer:
        """To the file, by a key that is good for minutes."""
        key = file_token(self.runtime.signer, link, now, self.runtime.gate_rules)
        path = f"/guides/{quote(link.slug)}/file/{key}{f'?copy={PLAIN}' if plain else ''}"
        page = (
            f'<!doctype html><html lang="en"><title>Your guide</title><p><a href="{path}">Your guide</a></p>'
        )
        headers = {"Content-Type": HTML, "Location": path, "Set-Cookie": self.reader_cookie(now, link)}
        return _answer(303, headers, page.encode())

    def reader_cookie(self, now: datetime, link: DownloadLink) -> str:
        """Opens the web edition to this browser; only for answers to a POST."""
        return dump_cookie(
            COOKIE,
            reader_token(self.runtime.signer, link.grant_id, now),
            max_age=READER_LIFETIME,
            path=f"/guides/{link.slug}",
            secure=self.runtime.is_https,
            httponly=True,
            samesite="Lax",
        )

    def file(self, now: datetime, environ: WSGIEnvironment, slug: str, token: str, *, plain: bool) -> Answer:
        """The file itself, whole or one part of it.

        A part belongs to the same copy as the part before, because a copy is the same bytes each time it is made.
        Raises FileMissing, and as `read_file_token`.
        """
        storage = self.runtime.storage
        with self.runtime.database.glancing() as driver:
            copy = read_file_token(driver, now, self.runtime.signer, slug, token)
        edition = copy.edition
        if not storage.exists(edition.storage_key):
            self.shelf.drop(edition.storage_key)
            raise FileMissing(edition.file_id)
        if plain and isinstance(storage, LocalStorage) and edition.bytes > self.shelf.largest:
            return _straight_from_disk(storage, edition, environ)
        shelved = self._copy(copy, plain=plain)
        headers = {
            "Content-Type": PDF,
            "Content-Disposition": dump_options_header("attachment", {"filename": edition.file_name}),
            "ETag": quote_etag(shelved.etag),
            "Date": http_date(),
        }
        if any(name in environ for name in CONDITIONS):
            return _as_asked(headers, shelved.data, environ)
        return _answer(200, {**headers, "Accept-Ranges": "bytes"}, shelved.data)

    def _copy(self, copy: Copy, *, plain: bool) -> Shelved:
        """The edition's bytes, with the reader's name on its first page where there is one and it is wanted."""
        get = self.runtime.storage.get
        try:
            layout = None if plain or not is_settable(copy.name) else self._layout(copy)
            if layout is None:
                return self.shelf.take((copy.edition.storage_key,), lambda: get(copy.edition.storage_key))
            day = day_in(copy.time_zone, copy.since)
            return self.shelf.take(
                (copy.edition.storage_key, layout, copy.name, day),
                lambda: personal_copy(get(copy.edition.storage_key), layout, copy.name, day),
            )
        except NotFound:  # deleted in this very moment
            raise FileMissing(copy.edition.file_id) from None

    def _layout(self, copy: Copy) -> Layout | None:
        """Where on its first page an edition has room for a name; None when that is not known any more."""
        content = self.contents.or_nothing(copy.edition)
        return content.matter.layout if content else None


def _answer(status: int, headers: dict[str, str], body: bytes) -> Answer:
    return Answer(status, {**headers, **FOR_ONE_READER, "Content-Length": str(len(body))}, (body,))


def _as_asked(headers: dict[str, str], data: bytes, environ: WSGIEnvironment) -> Answer:
    """One part, or word that the browser has it already; many parts at once are answered with the whole."""
    response = Response(data, headers={**headers, **FOR_ONE_READER})
    several = "," in environ.get("HTTP_RANGE", "")
    try:
        response.make_conditional(environ, accept_ranges=not several, complete_length=len(data))
    except RequestedRangeNotSatisfiable:
        nothing = {"Content-Range": f"bytes */{len(data)}", **FOR_ONE_READER}
        return _finished(Response(status=416, headers=nothing), environ)
    return _finished(response, environ)


def _straight_from_disk(storage: LocalStorage, edition: EditionFile, environ: WSGIEnvironment) -> Answer:
    """A very large file is sent in pieces and never held whole."""
    sent = send_file(
        storage.path_of(edition.storage_key),
        environ,
        mimetype=PDF,
        as_attachment=True,
        download_name=edition.file_name,
        etag=edition.sha256[:32],
        max_age=0,
    )
    sent.headers.update(FOR_ONE_READER)
    return _finished(sent, environ)


def _finished(response: Response, environ: WSGIEnvironment) -> Answer:
    body, _status, headers = response.get_wsgi_response(environ)
    return Answer(response.status_code, dict(headers), body)
