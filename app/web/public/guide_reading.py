"""The web edition: one chapter open to all, every chapter for readers who have the guide.

Reading changes nothing: only the button on the download page does, which sets the cookie that opens these pages.
"""

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import Gone, HandoffError, NotFound
from app.guides.anatomy import FUNCTION_LABELS, BusinessFunction
from app.guides.downloading import DownloadLink, LinkClosed, record_download
from app.guides.publishing import picture_key
from app.guides.reading import GuideReader, read_reader
from app.guides.snapshot import chapter_pictures, picture_names
from app.guides.web_edition import chapter_html
from app.web.public.counter import COOKIE, Counter
from app.web.public.desk import pace_posts, visit
from app.web.public.served import Served, served
from app.web.public.site import for_one_reader
from app.web.public.structured import words
from app.web.state import now, reader, runtime, writer

bp = Blueprint("guide_reading", __name__)
bp.add_app_template_filter(words, "words")

_PICTURE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}


def counter() -> Counter:
    """Where this application hands guides out."""
    found: Counter = current_app.extensions["handoff_counter"]
    return found


def pressed(slug: str, token: str) -> DownloadLink:
    """The link whose button was pressed. One that is good is held by its own numbers, so that the readers of a large
    network do not share one bound; whoever tries others is slowed down. Raises as `read_link`.
    """
    try:
        return counter().find(slug, token)
    except HandoffError:
        pace_posts()
        raise


@bp.post("/guides/<slug>/download/<token>/read")
def open_here(slug: str, token: str) -> ResponseReturnValue:
    """A person wants to read on the web: the guide counts as taken, and this browser is remembered."""
    link = pressed(slug, token)
    session = writer()
    try:
        record_download(session, now(), link, visit(), form="web", rules=runtime().gate_rules)
    except LinkClosed:
        return redirect(f"/guides/{slug}/download/{token}", 303)
    session.commit()
    answer = make_response(redirect(f"/guides/{slug}/read", 303))
    answer.headers["Set-Cookie"] = counter().reader_cookie(now(), link)
    return for_one_reader(answer)


@bp.get("/guides/<slug>/sample")
def sample(slug: str) -> ResponseReturnValue:
    shown = served(slug)
    name = shown.content.matter.landing.sample
    chapter = shown.content.chapter(name) if name else None
    if chapter is None:
        raise NotFound("This guide has no sample chapter.")
    return render_template(
        "public/guide_sample.html",
        here="guides",
        guide=shown.file,
        content=shown.content,
        chapter=chapter,
        body=chapter_html(shown.content, chapter, f"/guides/{slug}/pictures/"),
    )


@bp.get("/guides/<slug>/read")
def contents(slug: str) -> ResponseReturnValue:
    shown = served(slug)
    who = _reader(slug)
    if who is None:
        return _closed(shown)
    function = _function(who)
    page = render_template(
        "public/guide_contents.html",
        here="guides",
        guide=shown.file,
        content=shown.content,
        chapters=shown.content.chapters_for(function),
        function=function,
        functions=FUNCTION_LABELS if shown.content.function_chapters else {},
        suffix=_suffix(),
    )
    return for_one_reader(Response(page))


@bp.get("/guides/<slug>/read/<name>")
def chapter_page(slug: str, name: str) -> ResponseReturnValue:
    shown = served(slug)
    who = _reader(slug)
    if who is None:
        return _closed(shown)
    order = shown.content.chapters_for(_function(who))
    place = next((index for index, chapter in enumerate(order) if chapter.slug == name), None)
    if place is None:
        raise NotFound("There is no such chapter in this guide.")
    page = render_template(
        "public/guide_chapter.html",
        here="guides",
        guide=shown.file,
        content=shown.content,
        chapter=order[place],
        body=chapter_html(shown.content, order[place], f"/guides/{slug}/pictures/", f"/guides/{slug}/read/"),
        place=place + 1,
        total=len(order),
        before=order[place - 1] if place else None,
        after=order[place + 1] if place + 1 < len(order) else None,
        suffix=_suffix(),
    )
    return for_one_reader(Response(page))


@bp.get("/guides/<slug>/pictures/<name>")
def picture(slug: str, name: str) -> ResponseReturnValue:
    """A chapter's picture, open as far as the chapter is."""
    content = served(slug).content
    sample_chapter = content.chapter(content.matter.landing.sample or "")
    is_open = sample_chapter is not None and name in chapter_pictures(sample_chapter)
    if name not in picture_names(content) or not (is_open or _reader(slug)):
        raise NotFound("There is no such picture.")
    kind = _PICTURE_TYPES["." + name.rpartition(".")[2].lower()]
    data = runtime().storage.get(picture_key(slug, content.source_sha256, name))
    response = Response(data, mimetype=kind)
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def _reader(slug: str) -> GuideReader | None:
    """Who is reading, or nobody: a cookie that proves nothing is as good as none."""
    token = request.cookies.get(COOKIE, "")
    try:
        return read_reader(reader(), now(), runtime().signer, slug, token) if token else None
    except (NotFound, Gone):
        return None


def _function(who: GuideReader) -> str | None:
    """The function that leads: the one asked for in the address, otherwise the reader's own."""
    asked = request.args.get("first", "")
    return asked if asked in set(BusinessFunction) else who.function


def _suffix() -> str:
    asked = request.args.get("first", "")
    return f"?first={asked}" if asked in set(BusinessFunction) else ""


def _closed(shown: Served) -> ResponseReturnValue:
    page = render_template(
        "public/guide_closed.html",
        here="guides",
        guide=shown.file,
        content=shown.content,
    )
    return for_one_reader(Response(page, status=403))
