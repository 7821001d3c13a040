"""`/guides/…/download/…`: opening the link is noted, a person's press takes the guide, the file is not public.

The press is answered with an address that is good for minutes, so that a browser can ask for parts of the file
(RFC 9110, section 14) without counting as many readers.
"""

import logging

from flask import Blueprint, Response, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.delivery.notices import Notice, tell_authors
from app.foundation.errors import HandoffError, NotFound
from app.foundation.storage import LocalStorage
from app.guides.access import Access, note_seen, read_download
from app.guides.anatomy import Layout
from app.guides.downloading import (
    Copy,
    LinkClosed,
    file_token,
    read_file_token,
    record_download,
)
from app.guides.personal import is_settable, personal_copy
from app.guides.queries import get_file, reader_name
from app.rendering.typeset import typeset
from app.signup.requesting import send_fresh_link
from app.web.public.desk import desk, pace_posts, visit
from app.web.public.guide_reading import pressed, remember_reader
from app.web.public.served import content_or_nothing
from app.web.public.shelf import Shelved, shelf
from app.web.public.site import for_one_reader, issued_on
from app.web.state import now, reader, runtime, writer

bp = Blueprint("downloads", __name__)
log = logging.getLogger(__name__)

PDF = "application/pdf"
PLAIN = "plain"
"""What form and address say when the reader wants no name on the first page."""


@bp.get("/guides/<slug>/download/<token>")
def page(slug: str, token: str) -> ResponseReturnValue:
    """Opening the link is noted and nothing else: a scanner neither takes nor uses up the guide."""
    session = writer()
    access = read_download(session, now(), runtime().signer, slug, token, runtime().gate_rules)
    note_seen(session, now(), access, visit())
    session.commit()
    if access.closed:
        return _closed(access, slug, token)
    name = reader_name(session, access.grant)
    shown = render_template(
        "public/download.html", access=access, slug=slug, token=token, name=name if is_settable(name) else ""
    )
    return for_one_reader(Response(shown))


@bp.post("/guides/<slug>/download/<token>")
def take(slug: str, token: str) -> ResponseReturnValue:
    """A person takes the guide: the grant remembers it, and the answer leads to the file."""
    rules, link = runtime().gate_rules, pressed(slug, token)
    if not runtime().storage.exists(link.storage_key):
        raise _missing(link.file_id)
    session = writer()
    try:
        record_download(session, now(), link, visit(), rules=rules)
    except LinkClosed:
        session.rollback()
        pace_posts()
        return _closed(read_download(reader(), now(), runtime().signer, slug, token, rules), slug, token)
    session.commit()
    key = file_token(runtime().signer, link, now(), rules)
    how = f"?copy={PLAIN}" if request.form.get("copy") == PLAIN else ""
    answer = redirect(f"/guides/{slug}/file/{key}{how}", 303)
    return remember_reader(for_one_reader(answer), link.grant_id, slug)  # type: ignore[arg-type]


@bp.get("/guides/<slug>/file/<token>")
def file(slug: str, token: str) -> ResponseReturnValue:
    """The file itself, whole or one part of it; many parts at once are answered with the whole.

    A part belongs to the same copy as the part before, because a copy is the same bytes each time it is made.
    """
    with runtime().database.glancing() as connection:
        copy = read_file_token(connection, now(), runtime().signer, slug, token)
    plain, storage = request.args.get("copy") == PLAIN, runtime().storage
    if not storage.exists(copy.storage_key):
        shelf().drop(copy.storage_key)
        raise _missing(copy.file_id)
    if plain and isinstance(storage, LocalStorage) and copy.bytes > shelf().largest:
        return _straight_from_disk(storage, copy)
    shelved = _copy(copy, plain=plain)
    response = for_one_reader(Response(shelved.data, mimetype=PDF))
    response.headers.set("Content-Disposition", "attachment", filename=copy.file_name)
    response.set_etag(shelved.etag)
    several = "," in request.headers.get("Range", "")
    size = len(shelved.data)
    try:
        return response.make_conditional(request, accept_ranges=not several, complete_length=size)
    except RequestedRangeNotSatisfiable:
        nothing = Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        return for_one_reader(nothing)


def _copy(copy: Copy, *, plain: bool) -> Shelved:
    """The edition's bytes, with the reader's name on its first page where there is one and it is wanted."""
    get = runtime().storage.get
    try:
        layout = None if plain or not is_settable(copy.name) else _layout(copy)
        if layout is None:
            return shelf().take((copy.storage_key,), lambda: get(copy.storage_key))
        day = issued_on(copy.since)
        return shelf().take(
            (copy.storage_key, layout, copy.name, day),
            lambda: personal_copy(get(copy.storage_key), layout, copy.name, day),
        )
    except NotFound:  # deleted in this very moment
        raise _missing(copy.file_id) from None


def _straight_from_disk(storage: LocalStorage, copy: Copy) -> ResponseReturnValue:
    """A very large file is sent in pieces and never held whole."""
    return for_one_reader(
        send_file(
            storage.path_of(copy.storage_key),
            mimetype=PDF,
            as_attachment=True,
            download_name=copy.file_name,
            etag=copy.sha256[:32],
            max_age=0,
        )
    )


@bp.post("/guides/<slug>/download/<token>/fresh")
def fresh(slug: str, token: str) -> ResponseReturnValue:
    """A new link goes to the mailbox it belongs to, not to whoever holds the old one."""
    pace_posts()
    session = writer()
    send_fresh_link(session, now(), desk(), slug, token, visit())
    session.commit()
    return for_one_reader(Response(render_template("public/fresh_sent.html")))


def _layout(copy: Copy) -> Layout | None:
    """Where on its first page an edition has room for a name; None when that is not known any more."""
    content = content_or_nothing(copy)
    return content.matter.layout if content else None


def _closed(access: Access, slug: str, token: str) -> ResponseReturnValue:
    shown = render_template("public/download_expired.html", access=access, slug=slug, token=token)
    return for_one_reader(Response(shown, status=410))


def _missing(file_id: int) -> NotFound:
    """Say it to the reader, and to the authors once for each edition."""
    file = get_file(reader(), file_id)
    notice = Notice(
        headline=f"The file of “{typeset(file.title)}” is missing",
        paragraphs=(
            f"A reader wanted to download edition {file.edition}, and the file is not in storage any more.",
            "Build the guide again, with “handoff guide build”, and the links that readers have will work again.",
        ),
        action_label="Look at the guide",
        action_url=runtime().links.admin(f"guides/{file.slug}"),
    )
    here, session = runtime(), writer()
    session.rollback()
    try:
        tell_authors(
            session,
            now(),
            notice,
            emails_dir=here.settings.emails_dir,
            links=here.links,
            occasion=f"missing:{file.id}:{now():%Y%m}",
        )
        session.commit()
    except HandoffError as error:
        log.error("the file of edition %s is missing, and its authors could not be told: %s", file.id, error)
    return NotFound(
        "The file of this guide is missing on our side.",
        hint="We have been told. Your link stays good; please try again tomorrow.",
    )
