"""The front page: what the letter promises, who reads it, what it has said lately, and the way in."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.issues.queries import sent_issues
from app.rendering.letter import web_line
from app.signup.joining import ask_to_join
from app.subscribers.models import TopicKind
from app.subscribers.queries import count_readers, sign_up_topics
from app.web.public.desk import desk, evidence, pace_signups
from app.web.public.forms import FUNCTION_NAMES, FormState, read_join_form
from app.web.public.guides import teasers
from app.web.public.site import site
from app.web.state import now, reader, writer

bp = Blueprint("home", __name__)

LATEST = 5


@dataclass(frozen=True)
class Entry:
    """A letter in a list."""

    slug: str
    title: str
    preheader: str
    kind: str
    sent_at: object


def latest_letters(count: int) -> tuple[Entry, ...]:
    """The newest issues that went out."""
    return tuple(
        Entry(issue.slug, web_line(issue.title), web_line(issue.preheader), issue.kind.value, issue.sent_at)
        for issue in sent_issues(reader(), per_page=count).items
    )


@bp.get("/")
def home() -> ResponseReturnValue:
    topics = sign_up_topics(reader())
    first = frozenset(topic.slug for topic in topics if topic.kind is TopicKind.LETTER)
    return _page(FormState(topics=first, source=request.args.get("from", "")[:200]))


def _page(state: FormState) -> str:
    readers = count_readers(reader())
    return render_template(
        "public/home.html",
        here="home",
        topics=sign_up_topics(reader()),
        guides=teasers(),
        letters=latest_letters(LATEST),
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
    typed = read_join_form(request.form, evidence("home"), offered=offered)
    if typed.form is None:
        return _page(typed.state), 400
    if not typed.is_trap:
        session = writer()
        ask_to_join(session, now(), desk(), typed.form)
        session.commit()
    return render_template("public/check_mail.html", address=typed.form.address.typed, guide=None)
