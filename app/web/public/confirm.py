"""`/confirm/…`: scanners that open the link change nothing; a person needs no extra page."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from app.foundation.errors import Gone
from app.guides.access import download_token
from app.guides.models import GrantState
from app.signup.confirming import Confirmation, confirm, read_confirmation
from app.web.public.desk import desk, evidence, pace_posts
from app.web.public.letters import latest_letters
from app.web.public.site import for_one_reader
from app.web.state import now, reader, runtime, writer

bp = Blueprint("confirm", __name__)
bp.after_request(for_one_reader)


@bp.get("/confirm/<token>")
def page(token: str) -> ResponseReturnValue:
    """Shows what the link stands for. HEAD and GET alike leave everything as it is (A9)."""
    try:
        found = read_confirmation(reader(), now(), runtime().signer, token)
    except Gone as error:
        return render_template("public/confirm_expired.html", message=error.message), 410
    if found.done:
        return _welcome(found)
    return render_template("public/confirm.html", found=found)


@bp.post("/confirm/<token>")
def act(token: str) -> ResponseReturnValue:
    """A person pressed the button, or moved, and the page's script pressed it for them."""
    pace_posts()
    session = writer()
    try:
        confirm(session, now(), desk(), token, evidence("confirm page"))
    except Gone as error:
        return render_template("public/confirm_expired.html", message=error.message), 410
    session.commit()
    return redirect(f"/confirm/{token}", 303)


def _welcome(found: Confirmation) -> str:
    grant, download = found.grant, None
    if grant is not None and grant.revoked_at is None and grant.state is not GrantState.REQUESTED:
        token = download_token(runtime().signer, grant, grant.granted_at or now(), runtime().gate_rules)
        download = f"/guides/{grant.slug}/download/{token}"
    return render_template("public/welcome.html", found=found, download=download, letters=latest_letters(3))
