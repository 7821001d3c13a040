"""The publication's settings: what every page and mail says of it, and when its issues go out."""

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import InvalidInput
from app.issues.cadence import CadenceSettings, change_cadence, get_cadence
from app.issues.models import IssueKind, LatePolicy
from app.issues.scheduling import free_slots
from app.issues.words import WEEKDAYS
from app.publication.settings import PublicationSettings, get_publication, update_publication
from app.rendering.markdown import to_web_html
from app.rendering.tree import parse
from app.web.admin.guard import allows
from app.web.state import now, reader, writer

bp = Blueprint("publication", __name__)

FIELDS = tuple(PublicationSettings.model_fields)


@bp.get("/settings")
@allows(Action.MANAGE)
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/settings")
@allows(Action.MANAGE)
def save() -> ResponseReturnValue:
    typed = {name: request.form[name] for name in FIELDS if name in request.form}
    try:
        to_web_html(parse(typed.get("about", ""), field="about"))
        update_publication(writer(), PublicationSettings.checked(typed))
    except InvalidInput as error:
        return _page(error, typed)
    writer().commit()
    return redirect(url_for("studio.publication.show", said="saved"), 303)


@bp.post("/settings/cadence/<kind>")
@allows(Action.MANAGE)
def save_cadence(kind: str) -> ResponseReturnValue:
    if kind not in set(IssueKind):
        raise InvalidInput("There is no such cadence.", field="kind")
    names = ("weekday", "local_time", "zone", "grace_minutes", "when_late")
    typed = {name: request.form.get(name, "") for name in names}
    try:
        change_cadence(writer(), IssueKind(kind), CadenceSettings.checked(IssueKind(kind), typed))
    except InvalidInput as error:
        return _page(error)
    writer().commit()
    return redirect(url_for("studio.publication.show", said="saved") + f"#cadence-{kind}", 303)


def _page(error: InvalidInput | None = None, typed: dict[str, Any] | None = None) -> ResponseReturnValue:
    publication = get_publication(reader())
    page = render_template(
        "admin/settings.html",
        values={name: getattr(publication, name) for name in FIELDS} | (typed or {}),
        cadences=[
            (get_cadence(reader(), kind), free_slots(reader(), now(), kind, 1)[0]) for kind in IssueKind
        ],
        weekdays=WEEKDAYS,
        policies=list(LatePolicy),
        zones=sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")),
        error=error,
    )
    return page, error.status if error else 200
