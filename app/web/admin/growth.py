"""Where new readers come from, and who brings them."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import InvalidInput
from app.foundation.paging import page_number
from app.reports.growth import Sorting, read_inviters, read_sources
from app.signup.embedding import allow_origin, forbid_origin, list_origins
from app.subscribers.queries import sign_up_topics
from app.web.admin.guard import allows
from app.web.state import now, reader, writer

bp = Blueprint("growth", __name__)

SPANS = {"7": "a week", "30": "thirty days", "365": "a year"}


@bp.get("/growth")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    wish = request.args.get("by", "")
    sorting = Sorting(wish) if wish in set(Sorting) else Sorting.ORIGIN
    days = request.args.get("days", "")
    days = days if days in SPANS else "30"
    number = page_number(request.args.get("page"))
    return render_template(
        "admin/growth.html",
        sources=read_sources(reader(), now(), sorting, days=int(days), page=number),
        sorting=sorting,
        days=days,
        spans=SPANS,
    )


@bp.get("/growth/inviters")
@allows(Action.SEE)
def inviters() -> ResponseReturnValue:
    page = read_inviters(reader(), page=page_number(request.args.get("page")))
    return render_template("admin/growth_inviters.html", page=page)


@bp.get("/growth/form")
@allows(Action.SEE)
def form() -> ResponseReturnValue:
    """The form for other sites: where it may stand, what to paste there, and how it looks."""
    return _form_page()


@bp.post("/growth/form")
@allows(Action.MANAGE)
def allow() -> ResponseReturnValue:
    typed = request.form.get("site", "")
    try:
        allow_origin(writer(), now(), typed)
    except InvalidInput as error:
        return _form_page(error, typed), 400
    writer().commit()
    return redirect(url_for("studio.growth.form", said="saved"), 303)


@bp.post("/growth/form/remove")
@allows(Action.MANAGE)
def remove() -> ResponseReturnValue:
    forbid_origin(writer(), request.form.get("site", ""))
    writer().commit()
    return redirect(url_for("studio.growth.form", said="saved"), 303)


def _form_page(error: InvalidInput | None = None, typed: str = "") -> str:
    topics = sign_up_topics(reader())
    return render_template(
        "admin/growth_form.html",
        origins=list_origins(reader()),
        frame=render_template("admin/_snippet_frame.html"),
        plain=render_template("admin/_snippet_plain.html", topics=topics),
        error=error,
        typed=typed,
    )
