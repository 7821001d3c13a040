"""How the mail arrives: the numbers, who must not be mailed with the proof, and what could not be read."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.conversation.models import InboundMail
from app.conversation.quarantine import try_again
from app.conversation.receiving import read_raw
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.paging import page_number
from app.reports.deliverability import (
    bounce_mail_key,
    quarantined_mail,
    read_deliverability,
    suppressed_people,
)
from app.subscribers.models import SuppressionReason
from app.subscribers.suppression import release
from app.web.admin.guard import allows
from app.web.state import now, reader, runtime, writer

bp = Blueprint("deliverability", __name__)


@bp.get("/deliverability")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/deliverability/release")
@allows(Action.MANAGE)
def let_go() -> ResponseReturnValue:
    """By hand and with a reason; what was said of complaint and erasure stays for good."""
    reason = request.form.get("suppression", "")
    if reason not in set(SuppressionReason):
        raise InvalidInput("This form is not complete.", field="suppression", hint="Load the page again.")
    address_hash, because = request.form.get("person", ""), request.form.get("because", "")
    try:
        release(writer(), now(), address_hash, SuppressionReason(reason), because)
    except InvalidInput as error:
        return _page(error), 400
    writer().commit()
    return redirect(url_for("studio.deliverability.show", said="released"), 303)


@bp.get("/deliverability/bounces/<int:bounce_id>.txt")
@allows(Action.MANAGE)
def bounce_mail(bounce_id: int) -> ResponseReturnValue:
    return _raw(bounce_mail_key(reader(), bounce_id))


@bp.get("/deliverability/mails/<int:inbound_id>.txt")
@allows(Action.MANAGE)
def quarantined(inbound_id: int) -> ResponseReturnValue:
    mail = reader().get(InboundMail, inbound_id)
    if mail is None:
        raise NotFound("There is no such mail.")
    return _raw(mail.storage_key)


@bp.post("/deliverability/mails/<int:inbound_id>/again")
@allows(Action.MANAGE)
def again(inbound_id: int) -> ResponseReturnValue:
    try_again(writer(), inbound_id)
    writer().commit()
    return redirect(url_for("studio.deliverability.show", said="trying-again"), 303)


def _page(error: InvalidInput | None = None) -> str:
    return render_template(
        "admin/deliverability.html",
        report=read_deliverability(reader(), now()),
        people=suppressed_people(reader(), page=page_number(request.args.get("page"))),
        quarantine=quarantined_mail(reader(), per_page=20),
        error=error,
    )


def _raw(key: str) -> Response:
    """A stranger's mail as plain text and nothing else: no browser may take it for a page (A34)."""
    response = Response(read_raw(runtime().storage, key), mimetype="text/plain")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    return response
