"""`/guides/…`: the guide's own page with its form, and its cover."""

import logging
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.guides.publishing import cover_key
from app.guides.queries import get_newest_file
from app.guides.sources import is_machine, read_source
from app.guides.visiting import count_visit
from app.signup.joining import Trail, ask_to_join
from app.signup.wording import guide_wording
from app.subscribers.queries import count_readers, sign_up_topics
from app.web.public.desk import desk, evidence, pace_signups
from app.web.public.forms import FUNCTION_NAMES, FormState, read_join_form
from app.web.public.served import content_or_nothing
from app.web.public.site import site
from app.web.public.structured import structured_data, words
from app.web.public.trails import stated_origin
from app.web.state import now, reader, runtime, user_agent, writer

bp = Blueprint("guides", __name__)
log = logging.getLogger(__name__)


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
    source = read_source(request.args, request.referrer or "", runtime().links.base_url)
    page = _landing(slug, FormState(source=source))
    _count_visit(slug, source)
    return page


@bp.post("/guides/<slug>")
def ask(slug: str) -> ResponseReturnValue:
    """Asking for the guide and choosing letters are two consents: no box is ticked beforehand."""
    pace_signups()
    guide = get_newest_file(reader(), slug)
    offered = frozenset(topic.slug for topic in sign_up_topics(reader(), slug))
    trail = Trail(stated_origin())
    typed = read_join_form(
        request.form, evidence(f"guide {slug}"), offered=offered, guide_slug=slug, trail=trail
    )
    if typed.form is None:
        return _landing(slug, typed.state), 400
    if not typed.is_trap:
        session = writer()
        ask_to_join(session, now(), desk(), typed.form)
        session.commit()
    return render_template("public/check_mail.html", address=typed.form.address.typed, guide=guide)


def _count_visit(slug: str, source: str) -> None:
    """People only, as far as the request tells; the page comes before the statistics."""
    fetched_ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    if request.method != "GET" or fetched_ahead or is_machine(user_agent()):
        return
    day = now().astimezone(ZoneInfo(site().time_zone)).date()
    try:
        count_visit(writer(), slug, day, source)
        writer().commit()
    except SQLAlchemyError as error:
        log.warning("a visit was not counted: %s", error)


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
        topics=sign_up_topics(reader(), slug),
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
