"""`/series/<slug>`: a letter in parts, and a short mail for readers who want only the next one."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.foundation.errors import NotFound
from app.issues.series import is_complete, public_series
from app.rendering.letter import web_line
from app.signup.joining import Trail, ask_to_join
from app.subscribers.models import Topic
from app.web.public.desk import desk, evidence, pace_signups
from app.web.public.forms import FormState, read_join_form
from app.web.public.letters import letter_of
from app.web.public.trails import read_origin
from app.web.state import now, reader, runtime, writer

bp = Blueprint("series", __name__)


@bp.get("/series/<slug>")
def show(slug: str) -> ResponseReturnValue:
    return _page(slug, FormState(source=f"series {slug}"[:200]))


@bp.post("/series/<slug>/next")
def ask(slug: str) -> ResponseReturnValue:
    """Only the next part, no letter; the answer is the same whoever the address belongs to (A3)."""
    pace_signups()
    series, parts = public_series(reader(), slug)
    if is_complete(series, parts):
        raise NotFound("Every part of this series is out.", hint="All of them are on the page of the series.")
    topic = reader().get_one(Topic, series.topic_id).slug
    fields = MultiDict([*request.form.items(multi=True), ("topics", topic)])
    typed = read_join_form(fields, evidence("series"), offered=frozenset({topic}), trail=Trail(read_origin()))
    if typed.form is None:
        return _page(slug, typed.state), 400
    if not typed.is_trap:
        session = writer()
        ask_to_join(session, now(), desk(), typed.form)
        session.commit()
    return render_template("public/check_mail.html", address=typed.form.address.typed, guide=None)


def _page(slug: str, form: FormState) -> str:
    series, parts = public_series(reader(), slug)
    return render_template(
        "public/series.html",
        here="issues",
        series=series,
        parts=[(part.number, letter_of(part.issue)) for part in parts],
        complete=is_complete(series, parts),
        address=runtime().links.series(series.slug),
        form=form,
    )


@bp.app_template_filter("on_the_web")
def on_the_web(title: str) -> str:
    """A title with its merge tags as their fallbacks."""
    return web_line(title)
