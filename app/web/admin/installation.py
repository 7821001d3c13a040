"""Is this the real one? Asked when a database and its witness disagree, and answered by a person, never by itself."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.delivery.installation import (
    go_on,
    go_on_afresh,
    standing_of,
    stay_quiet,
    waiting,
)
from app.foundation.errors import InvalidInput
from app.issues.publishing import RESTORED, hold_due
from app.issues.queries import coming_issues
from app.web.admin.desk import press
from app.web.admin.guard import allows
from app.web.state import now, reader, runtime, writer
from app.wiring import sentry_of

bp = Blueprint("installation", __name__)

MOST = 20


@bp.get("/installation")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    everything = waiting(reader())
    return render_template(
        "admin/installation.html",
        standing=standing_of(reader()),
        waiting=everything[:MOST],
        more=max(0, len(everything) - MOST),
        readers=sum(each.readers for each in everything),
        coming=coming_issues(reader(), limit=MOST),
    )


@bp.post("/installation")
@allows(Action.MANAGE)
def answer() -> ResponseReturnValue:
    """One of the three answers. The witness is told after the commit; should that fail, the question comes again."""
    word = request.form.get("answer", "")
    if word == "quiet":
        stay_quiet(writer(), now())
        writer().commit()
        return redirect(url_for("studio.installation.show", said="stays-quiet"), 303)
    if word not in {"all", "afresh"}:
        raise InvalidInput("This form is not complete.", field="answer", hint="Load the page again.")
    witness = sentry_of(runtime()).witness
    seen, place = witness.read(), witness.place
    if word == "all":
        told = go_on(writer(), now(), seen, place)
    else:
        told = go_on_afresh(writer(), now(), seen, place)
        hold_due(writer(), now(), RESTORED, press())
    writer().commit()
    witness.write(told)
    return redirect(url_for("studio.installation.show", said="goes-on"), 303)
