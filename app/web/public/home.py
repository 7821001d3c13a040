"""The front page: what the letter promises, who reads it, what it has said lately, and the way in."""

import re

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.signup.joining import Trail, ask_to_join
from app.subscribers.queries import count_readers, sign_up_topics
from app.web.public.cards import home_card
from app.web.public.desk import desk, evidence, pace_signups
from app.web.public.forms import FUNCTION_NAMES, FormState, read_join_form
from app.web.public.guides import teasers
from app.web.public.letters import latest_letters
from app.web.public.site import site
from app.web.public.structured import site_data
from app.web.public.trails import read_origin
from app.web.state import now, reader, runtime, writer

bp = Blueprint("home", __name__)

LATEST = 5


@bp.get("/")
def home() -> ResponseReturnValue:
    return _page(FormState(source=request.args.get("from", "")[:200]))


def _page(state: FormState) -> str:
    readers = count_readers(reader())
    return render_template(
        "public/home.html",
        here="home",
        topics=sign_up_topics(reader()),
        guides=teasers(),
        letters=latest_letters(LATEST),
        picture=f"{runtime().links.base_url}/card.png?v={home_card().mark}",
        structured=site_data(runtime().links),
        readers=readers if readers >= site().proof_from else None,
        form=state,
        functions=FUNCTION_NAMES,
    )


@bp.get("/subscribe")
def subscribe_page() -> ResponseReturnValue:
    return redirect("/#join")


@bp.post("/subscribe")
def subscribe() -> ResponseReturnValue:
    """The answer is the same whoever the address belongs to (A3)."""
    pace_signups()
    offered = frozenset(topic.slug for topic in sign_up_topics(reader()))
    issue = _issue_read()
    trail = Trail(read_origin(), issue)
    typed = read_join_form(request.form, evidence("issue" if issue else "home"), offered=offered, trail=trail)
    if typed.form is None:
        return _page(typed.state), 400
    if not typed.is_trap:
        session = writer()
        ask_to_join(session, now(), desk(), typed.form)
        session.commit()
    return render_template("public/check_mail.html", address=typed.form.address.typed, guide=None)


def _issue_read() -> str:
    """The letter under which the form stood."""
    found = re.fullmatch(r"issue ([a-z0-9-]{1,120})", request.form.get("source", ""))
    return found[1] if found else ""
