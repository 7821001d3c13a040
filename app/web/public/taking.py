"""`/guides/…/take/…`: where the guide's link in a letter leads. Opening it changes nothing; one tap takes the guide."""

from flask import Blueprint, Response, redirect, render_template
from flask.typing import ResponseReturnValue

from app.guides.access import download_token
from app.signup.taking import read_offer, take_guide
from app.web.public.desk import evidence, pace_posts
from app.web.public.site import for_one_reader
from app.web.state import now, reader, runtime, writer

bp = Blueprint("taking", __name__)
bp.after_request(for_one_reader)


@bp.get("/guides/<slug>/take/<token>")
def page(slug: str, token: str) -> ResponseReturnValue:
    offer = read_offer(reader(), runtime().signer, slug, token)
    if offer is None:
        return redirect(f"/guides/{slug}?from=letter", 302)
    return Response(render_template("public/take.html", offer=offer, whose=masked(offer.subscriber.address)))


@bp.post("/guides/<slug>/take/<token>")
def act(slug: str, token: str) -> ResponseReturnValue:
    """The reader pressed the button, or moved, and the page's script pressed it for them."""
    pace_posts()
    session = writer()
    grant = take_guide(session, now(), runtime().signer, slug, token, evidence("link in a letter"))
    if grant is None:
        return redirect(f"/guides/{slug}?from=letter", 303)
    session.commit()
    key = download_token(runtime().signer, grant, now(), runtime().gate_rules)
    return redirect(f"/guides/{slug}/download/{key}", 303)


def masked(address: str) -> str:
    """`a…@example.com`: a letter that was passed on must not show its first reader's address to the next."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}…@{domain}"
