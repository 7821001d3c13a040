"""`/guides/…/download/…`: opening the link is noted, a person's press takes the guide, the file is not public.

The press is answered with an address that is good for minutes, so that a browser can ask for parts of the file
(RFC 9110, section 14) without counting as many readers.
"""

import logging

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.delivery.notices import Notice, tell_authors
from app.foundation.errors import HandoffError, NotFound
from app.guides.access import Access, note_seen, read_download
from app.guides.downloading import LinkClosed
from app.guides.personal import is_settable
from app.guides.queries import get_file, reader_name
from app.rendering.typeset import typeset
from app.signup.requesting import send_fresh_link
from app.web.public.counter import PLAIN, Answer, FileMissing
from app.web.public.desk import desk, pace_posts, visit
from app.web.public.gate import FAILED
from app.web.public.guide_reading import counter, pressed
from app.web.public.site import for_one_reader
from app.web.state import now, reader, runtime, writer

bp = Blueprint("downloads", __name__)
log = logging.getLogger(__name__)


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


@bp.before_request
def _what_failed() -> None:
    """The gate in front could not answer and may have gone half the way: it is told, not tried again."""
    failed: Exception | None = request.environ.get(FAILED)
    if failed is not None:
        raise failed


@bp.post("/guides/<slug>/download/<token>")
def take(slug: str, token: str) -> ResponseReturnValue:
    """A person takes the guide; what is usual was answered by the gate in front."""
    link = pressed(slug, token)
    try:
        return _sent(counter().take(now(), link, visit(), plain=request.form.get("copy") == PLAIN))
    except FileMissing as error:
        raise _missing(error.file_id) from None
    except LinkClosed:
        pace_posts()
        access = read_download(reader(), now(), runtime().signer, slug, token, runtime().gate_rules)
        return _closed(access, slug, token)


@bp.get("/guides/<slug>/file/<token>")
def file(slug: str, token: str) -> ResponseReturnValue:
    """The file itself; what is usual was answered by the gate in front."""
    try:
        plain = request.args.get("copy") == PLAIN
        return _sent(counter().file(now(), request.environ, slug, token, plain=plain))
    except FileMissing as error:
        raise _missing(error.file_id) from None


@bp.post("/guides/<slug>/download/<token>/fresh")
def fresh(slug: str, token: str) -> ResponseReturnValue:
    """A new link goes to the mailbox it belongs to, not to whoever holds the old one."""
    pace_posts()
    session = writer()
    send_fresh_link(session, now(), desk(), slug, token, visit())
    session.commit()
    return for_one_reader(Response(render_template("public/fresh_sent.html")))


def _sent(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers)


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
