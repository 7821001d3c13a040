"""The sign-up form on other sites: as a frame of ours, and as plain HTML that posts here.

Only sites that the author named may do either. Browsers tell in `Origin` where a form stands; a program can lie about
it, so a stamp, a trap and the limits of every sign-up stand behind it. What has no good stamp is not lost: a page of
ours asks once more, which a script answers by itself and a person without scripts by a button.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import NotAllowed
from app.guides.sources import read_source
from app.signup.embedding import list_origins
from app.signup.joining import Trail, ask_to_join
from app.signup.stamps import Verdict, bits_asked, make_stamp, use_stamp
from app.subscribers.queries import sign_up_topics
from app.web.limits import keep_pace
from app.web.public.desk import desk, evidence, pace_signups
from app.web.public.forms import FormState, TypedForm, read_join_form
from app.web.public.site import site
from app.web.public.trails import read_origin
from app.web.state import client_ip, now, reader, runtime, writer

bp = Blueprint("embed", __name__)

PATIENT = ("3 per hour", "60 per hour")
"""How many may wait instead of work while there is an attack: one peer, and all together."""


@bp.get("/embed")
def frame() -> ResponseReturnValue:
    """The form inside somebody's page."""
    return _framed("public/embed.html", form=FormState(), framed=True)


@bp.post("/embed")
def join_in_frame() -> ResponseReturnValue:
    """Sent by the frame or by the page that asks once more, both of which are ours."""
    _only_from(_own())
    framed = request.form.get("framed") == "1"
    came_from = request.form.get("referrer", "")
    typed = _typed("embed frame" if framed else "embed form", read_origin())
    if typed.form is None:
        return _framed("public/embed.html", 400, form=typed.state, framed=framed, came_from=came_from)
    if _joined(typed, patient=True) is not Verdict.GOOD:
        return _once_more(typed, framed=framed, came_from=came_from)
    return _framed("public/embed_sent.html", address=typed.form.address.typed, framed=framed)


@bp.get("/embed/stamp")
def stamp() -> ResponseReturnValue:
    """What the script of a form elsewhere fetches when somebody begins to type."""
    origin = _only_from(*list_origins(reader()), _own())
    return _open_to(origin, jsonify(_fresh()))


@bp.route("/embed/join", methods=["OPTIONS"])
def may_join() -> ResponseReturnValue:
    """A browser asks whether a page may send this."""
    origin = _only_from(*list_origins(reader()), _own())
    response = _open_to(origin, make_response("", 204))
    response.headers["Access-Control-Allow-Methods"] = "POST"
    response.headers["Access-Control-Allow-Headers"] = "accept"
    return response


@bp.post("/embed/join")
def join_from_elsewhere() -> ResponseReturnValue:
    """Sent by a form of plain HTML: by its script, which is answered in JSON, or by the browser itself."""
    origin = _only_from(*list_origins(reader()), _own())
    asks_json = request.accept_mimetypes.best == "application/json"
    typed = _typed("embed form", read_source({}, origin, _own()))
    if typed.form is None:
        if asks_json:
            return _open_to(origin, jsonify(state="wrong", errors=dict(typed.state.errors)), 400)
        return _framed("public/embed.html", 400, form=typed.state, framed=False, came_from=origin)
    if _joined(typed) is not Verdict.GOOD:
        if asks_json:
            return _open_to(origin, jsonify(state="prove", **_fresh()))
        return _once_more(typed, framed=False, came_from=origin)
    if asks_json:
        return _open_to(origin, jsonify(state="sent"))
    return _framed("public/embed_sent.html", address=typed.form.address.typed, framed=False)


def _typed(form: str, origin: str) -> TypedForm:
    pace_signups()
    offered = frozenset(topic.slug for topic in sign_up_topics(reader()))
    return read_join_form(request.form, evidence(form), offered=offered, trail=Trail(origin))


def _joined(typed: TypedForm, *, patient: bool = False) -> Verdict:
    """Judge the stamp and keep the request; who fills in the trap is told that all went well."""
    assert typed.form is not None
    if typed.is_trap:
        return Verdict.GOOD
    here, session = runtime(), writer()
    bits = bits_asked(reader(), now(), here.settings.alarm_signups)
    answer = request.form.get("answer", "")
    waits = patient and bool(bits) and not answer
    if waits:
        keep_pace(PATIENT[0], "patient", client_ip())
        keep_pace(PATIENT[1], "patient", "all")
    said = use_stamp(session, now(), here.signer, request.form.get("stamp", ""), answer, bits, patient=waits)
    if said is Verdict.GOOD:
        ask_to_join(session, now(), desk(), typed.form)
        session.commit()
    return said


def _once_more(typed: TypedForm, *, framed: bool, came_from: str) -> Response:
    """The same words again behind one button. Its script works and presses it; without scripts a person does."""
    return _framed("public/embed_again.html", form=typed.state, framed=framed, came_from=came_from)


def _fresh() -> dict[str, object]:
    bits = bits_asked(reader(), now(), runtime().settings.alarm_signups)
    return {"stamp": make_stamp(runtime().signer, now(), bits), "bits": bits}


def _framed(template: str, status: int = 200, **context: object) -> Response:
    """A page that the author's sites may show in a frame, and nobody else."""
    fresh = _fresh()
    page = render_template(
        template, **{"topics": sign_up_topics(reader()), "proof": fresh, "came_from": "", **context}
    )
    return Response(page, status)


@bp.after_request
def _for_named_sites(response: Response) -> Response:
    """What is shown here, errors too, may stand in a frame on the author's sites and nowhere else."""
    places = " ".join(("'self'", *list_origins(reader())))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self' {site().accent_source}; font-src 'self'; "
        f"img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {places}"
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _own() -> str:
    parts = urlsplit(runtime().settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _only_from(*allowed: str) -> str:
    """Where the form stands. Raises NotAllowed for every other place, and for a browser that does not say."""
    said = request.headers.get("Origin", "")
    if said not in allowed:
        raise NotAllowed(
            "This form may not be used from there.",
            hint=f"You can subscribe at {runtime().links.home()}",
        )
    return said


def _open_to(origin: str, response: Response, status: int = 200) -> Response:
    """Let the script of this one site read the answer; no cookie ever goes along."""
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    if status != 200:
        response.status_code = status
    return response
