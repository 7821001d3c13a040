"""`/guides/…`: the guide's own page with its form, its cover, and the reader's download."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import NotFound
from app.guides.access import note_seen, read_download, record_download
from app.guides.models import GuideFile
from app.guides.publishing import cover_key
from app.guides.queries import get_newest_file
from app.signup.joining import ask_to_join
from app.signup.requesting import send_fresh_link
from app.signup.wording import guide_wording
from app.subscribers.queries import count_readers, list_topics
from app.web.public.desk import desk, evidence, pace_posts, pace_signups, visit
from app.web.public.forms import FUNCTION_NAMES, FormState, read_join_form
from app.web.public.guide_reading import remember_reader
from app.web.public.served import content_or_nothing
from app.web.public.site import for_one_reader, site
from app.web.public.structured import structured_data, words
from app.web.state import now, reader, runtime, writer

bp = Blueprint("guides", __name__)


@dataclass(frozen=True)
class Teaser:
    """A guide in a list: the built edition's facts and its second line."""

    slug: str
    title: str
    pages: int
    subtitle: str


def teasers() -> tuple[Teaser, ...]:
    """Every guide that can be asked for."""
    return tuple(
        Teaser(entry.slug, entry.title, entry.pages, _subtitle(entry.slug)) for entry in site().guides
    )


def _subtitle(slug: str) -> str:
    content = content_or_nothing(get_newest_file(reader(), slug))
    return words(content.matter.subtitle) if content else ""


@bp.get("/guides")
def index() -> ResponseReturnValue:
    return render_template("public/guides.html", here="guides", guides=teasers())


@bp.get("/guides/<slug>")
def landing(slug: str) -> ResponseReturnValue:
    return _landing(slug, FormState(source=request.args.get("from", "")[:200]))


@bp.post("/guides/<slug>")
def ask(slug: str) -> ResponseReturnValue:
    """Asking for the guide and choosing letters are two consents: no box is ticked beforehand."""
    pace_signups()
    guide = get_newest_file(reader(), slug)
    offered = frozenset(topic.slug for topic in list_topics(reader()))
    typed = read_join_form(request.form, evidence(f"guide {slug}"), offered=offered, guide_slug=slug)
    if typed.form is None:
        return _landing(slug, typed.state), 400
    if not typed.is_trap:
        session = writer()
        ask_to_join(session, now(), desk(), typed.form)
        session.commit()
    return render_template("public/check_mail.html", address=typed.form.address.typed, guide=guide)


def _landing(slug: str, state: FormState) -> str:
    guide = get_newest_file(reader(), slug)
    content = content_or_nothing(guide)
    readers = count_readers(reader())
    return render_template(
        "public/guide.html",
        here="guides",
        guide=guide,
        content=content,
        structured=structured_data(guide, content, runtime().links) if content else [],
        topics=list_topics(reader()),
        form=state,
        functions=FUNCTION_NAMES,
        wording=guide_wording(guide.title),
        readers=readers if readers >= site().proof_from else None,
    )


@bp.get("/guides/<slug>/cover.png")
def cover(slug: str) -> ResponseReturnValue:
    guide = get_newest_file(reader(), slug)
    response = Response(runtime().storage.get(cover_key(guide)), mimetype="image/png")
    response.set_etag(guide.sha256[:16])
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response.make_conditional(request)


@bp.get("/guides/<slug>/download/<token>")
def download_page(slug: str, token: str) -> ResponseReturnValue:
    """Opening the link is noted and nothing else: a scanner neither takes nor uses up the guide."""
    session = writer()
    access = read_download(session, now(), runtime().signer, slug, token)
    note_seen(session, now(), access.grant, visit())
    session.commit()
    page = "public/download_expired.html" if access.expired else "public/download.html"
    shown = render_template(page, access=access, slug=slug, token=token)
    return for_one_reader(Response(shown, status=410 if access.expired else 200))


@bp.post("/guides/<slug>/download/<token>")
def download(slug: str, token: str) -> ResponseReturnValue:
    """A person takes the file; the grant remembers it."""
    pace_posts()
    session = writer()
    access = read_download(session, now(), runtime().signer, slug, token)
    if access.expired:
        shown = render_template("public/download_expired.html", access=access, slug=slug, token=token)
        return for_one_reader(Response(shown, status=410))
    data = _file(access.file)
    record_download(session, now(), access, visit())
    session.commit()
    response = remember_reader(for_one_reader(Response(data, mimetype="application/pdf")), access.grant)
    response.headers.set("Content-Disposition", "attachment", filename=access.file.file_name)
    return response


def _file(file: GuideFile) -> bytes:
    try:
        return runtime().storage.get(file.storage_key)
    except NotFound:
        raise NotFound(
            "The file of this guide is missing on our side.", hint="Please answer the mail; we put it right."
        ) from None


@bp.post("/guides/<slug>/download/<token>/fresh")
def fresh(slug: str, token: str) -> ResponseReturnValue:
    """A new link goes to the mailbox it belongs to, not to whoever holds the old one."""
    pace_posts()
    session = writer()
    send_fresh_link(session, now(), desk(), slug, token, visit())
    session.commit()
    return for_one_reader(Response(render_template("public/fresh_sent.html")))
