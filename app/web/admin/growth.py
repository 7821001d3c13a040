"""Where new readers come from, and who brings them."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.paging import page_number
from app.reports.growth import Sorting, read_inviters, read_sources
from app.web.admin.guard import allows
from app.web.state import now, reader

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
