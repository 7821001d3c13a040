"""Series in the studio: making one, its parts, and an issue's place in it."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import Conflict, HandoffError, InvalidInput
from app.foundation.paging import page_number
from app.issues.models import IssueState
from app.issues.queries import get_issue
from app.issues.reminding import reminder_counts
from app.issues.series import (
    SeriesForm,
    change_series,
    create_series,
    delete_series,
    get_series,
    list_series,
    parts_of,
    place_in_series,
    place_of,
)
from app.subscribers.queries import count_readers
from app.web.admin.guard import allows
from app.web.state import now, reader, writer
from app.web.typed import typed_number

bp = Blueprint("series_room", __name__)


@bp.get("/series")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    return _list()


@bp.post("/series")
@allows(Action.WRITE)
def create() -> ResponseReturnValue:
    typed = _typed()
    try:
        series = create_series(writer(), now(), typed)
    except InvalidInput as error:
        writer().rollback()
        return _list(error, typed), error.status
    writer().commit()
    return redirect(url_for("studio.series_room.one", series_id=series.id, said="series-made"), 303)


@bp.get("/series/<int:series_id>")
@allows(Action.SEE)
def one(series_id: int) -> ResponseReturnValue:
    return _one(series_id)


@bp.post("/series/<int:series_id>")
@allows(Action.WRITE)
def change(series_id: int) -> ResponseReturnValue:
    typed = _typed()
    try:
        change_series(writer(), series_id, typed)
    except HandoffError as error:
        writer().rollback()
        return _one(series_id, error, typed), error.status
    writer().commit()
    return redirect(url_for("studio.series_room.one", series_id=series_id, said="saved"), 303)


@bp.post("/series/<int:series_id>/delete")
@allows(Action.WRITE)
def delete(series_id: int) -> ResponseReturnValue:
    """Only with the box ticked."""
    if request.form.get("sure") != "yes":
        error = InvalidInput("Tick the box if you mean it.", field="sure")
        return _one(series_id, error), error.status
    try:
        delete_series(writer(), series_id)
    except Conflict as error:
        writer().rollback()
        return _one(series_id, error), error.status
    writer().commit()
    return redirect(url_for("studio.series_room.show", said="series-gone"), 303)


@bp.post("/issues/<int:issue_id>/series")
@allows(Action.WRITE)
def place(issue_id: int) -> ResponseReturnValue:
    """Make an issue a part of a series, or of none."""
    raw = request.form.get("series", "")
    series_id = typed_number(raw)
    if raw and series_id is None:
        raise InvalidInput("is no series of ours.", field="series", hint="Choose one from the list.")
    try:
        place_in_series(writer(), issue_id, series_id, request.form.get("number", ""))
    except HandoffError as error:
        writer().rollback()
        return series_page(issue_id, error), error.status
    writer().commit()
    return redirect(url_for("studio.series_room.of_issue", issue_id=issue_id, said="placed"), 303)


@bp.get("/issues/<int:issue_id>/series")
@allows(Action.SEE)
def of_issue(issue_id: int) -> ResponseReturnValue:
    return series_page(issue_id)


def series_page(issue_id: int, error: HandoffError | None = None) -> str:
    """The form that puts an issue into a series."""
    issue = get_issue(reader(), issue_id)
    place = place_of(reader(), issue_id)
    return render_template(
        "admin/issue_series.html",
        issue=issue,
        place=place,
        chosen=request.form.get("series", str(place.series.id) if place else ""),
        number=request.form.get("number", str(place.number) if place else ""),
        reminded=reminder_counts(reader(), issue_id),
        all_series=[series for series, _ in list_series(reader(), per_page=200).items],
        locked=issue.state is IssueState.SCHEDULED,
        error=error,
    )


def _list(error: InvalidInput | None = None, typed: SeriesForm | None = None) -> str:
    page = list_series(reader(), page=page_number(request.args.get("page")))
    return render_template(
        "admin/series.html",
        page=page,
        waiting={series.id: count_readers(reader(), series.topic_id) for series, _ in page.items},
        typed=typed or SeriesForm(""),
        error=error,
    )


def _one(series_id: int, error: HandoffError | None = None, typed: SeriesForm | None = None) -> str:
    series = get_series(reader(), series_id)
    known = SeriesForm(series.name, series.about, str(series.planned or ""))
    return render_template(
        "admin/series_one.html",
        series=series,
        parts=parts_of(reader(), series_id),
        waiting=count_readers(reader(), series.topic_id),
        typed=typed or known,
        error=error,
    )


def _typed() -> SeriesForm:
    return SeriesForm(*(request.form.get(name, "")[:400] for name in ("name", "about", "planned")))
