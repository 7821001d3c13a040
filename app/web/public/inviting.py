"""Passing a letter on, and what the colleague sees who was handed the link.

The reader gets words and a link and sends them; no mail of ours goes to anybody who did not ask for it.
"""

from dataclasses import dataclass, field

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import InvalidInput
from app.issues.models import Issue
from app.issues.queries import latest_out, sent_issue
from app.signup.inviting import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Invited,
    clean_note,
    count_credits,
    make_invitation,
    read_forward_link,
    read_invitation,
)
from app.signup.joining import Trail, ask_to_join
from app.signup.leaving import read_preferences_link
from app.subscribers.models import Subscriber
from app.subscribers.queries import sign_up_topics
from app.web.limits import keep_pace
from app.web.public.desk import desk, evidence, pace_signups
from app.web.public.forms import FormState, read_join_form
from app.web.public.letters import letter_of
from app.web.public.sharing import ways_to_share
from app.web.public.site import for_one_reader, site
from app.web.public.trails import read_origin
from app.web.state import client_ip, now, reader, runtime, writer

bp = Blueprint("inviting", __name__)

INVITATIONS_AN_HOUR = 30


@dataclass(frozen=True)
class PassingOn:
    """Who passes what on: nobody in particular, or the reader whose link it is; a letter, or all of them."""

    inviter: Subscriber | None
    issue: Issue | None
    personal: bool = False
    values: dict[str, str] = field(default_factory=dict)


@bp.route("/forward", methods=["GET", "POST"])
def anything() -> ResponseReturnValue:
    """All letters together, by anybody."""
    return _pass_on(PassingOn(None, None))


@bp.route("/issues/<slug>/forward", methods=["GET", "POST"])
def letter(slug: str) -> ResponseReturnValue:
    """One letter, by anybody."""
    return _pass_on(PassingOn(None, sent_issue(reader(), slug)))


@bp.route("/issues/<slug>/forward/<token>", methods=["GET", "POST"])
def from_letter(slug: str, token: str) -> ResponseReturnValue:
    """One letter, by the reader in whose mail the link stood. Opening it changes nothing."""
    inviter = read_forward_link(reader(), runtime().signer, token)
    return _pass_on(PassingOn(inviter, sent_issue(reader(), slug), personal=True))


@bp.route("/preferences/<token>/forward", methods=["GET", "POST"])
def from_preferences(token: str) -> ResponseReturnValue:
    """All letters together, by the reader whose preferences these are."""
    inviter = read_preferences_link(reader(), runtime().signer, token)
    return _pass_on(PassingOn(inviter, None, personal=True))


def _pass_on(what: PassingOn) -> ResponseReturnValue:
    if request.method != "POST":
        return _private(render_template("public/forward.html", **_about(what), values={}, errors={}), what)
    keep_pace(f"{INVITATIONS_AN_HOUR} per hour", "invite", client_ip())
    typed = {name: request.form.get(name, "") for name in ("note", "first_name")}
    try:
        note = clean_note(typed["note"])
        made = make_invitation(
            writer(),
            now(),
            inviter_id=what.inviter.id if what.inviter else None,
            issue_id=what.issue.id if what.issue else None,
            first_name=typed["first_name"],
        )
        code, name = made.code, made.first_name
        writer().commit()
    except InvalidInput as error:
        errors = {error.field or "note": f"{error.message} {error.hint or ''}".strip()}
        shown = {key: value[: LONGEST_NOTE * 2] for key, value in typed.items()}
        page = render_template("public/forward.html", **_about(what), values=shown, errors=errors)
        return _private(page, what, 400)
    letter = letter_of(what.issue, with_guest=True) if what.issue else None
    title = letter.title if letter else ""
    link = runtime().links.invitation(code)
    words = _words(title, letter.by if letter else site().author_name, note, name)
    subject = title or f"{site().name}: worth your time"
    page = render_template(
        "public/forwarded.html",
        **_about(what),
        link=link,
        text=f"{words}\n\n{link}",
        shares=ways_to_share(link, subject, words),
    )
    return _private(page, what)


def _about(what: PassingOn) -> dict[str, object]:
    return {
        "letter": letter_of(what.issue) if what.issue else None,
        "joined": count_credits(reader(), what.inviter.id) if what.inviter else None,
        "personal": what.personal,
        "longest": (LONGEST_NOTE, LONGEST_NAME),
        "back": request.path,
    }


def _words(title: str, writer_name: str, note: str, name: str) -> str:
    """What the reader sends: their own line first, and nothing that sounds like us."""
    by = f" by {writer_name}" if writer_name else ""
    what = f"I read “{title}”{by}" if title else f"I read {site().name}{by}"
    said = [f"{what} and thought of you.", *([note] if note else []), *([name] if name else [])]
    return "\n\n".join(said)


def _private(page: str, what: PassingOn, status: int = 200) -> Response:
    response = Response(page, status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return for_one_reader(response) if what.personal else response


@bp.get("/i/<code>")
def landing(code: str) -> ResponseReturnValue:
    """The letter and the form. Who handed it on stays unsaid, but for a first name that they chose to show."""
    return _landing(read_invitation(reader(), now(), code), FormState())


@bp.post("/i/<code>")
def join(code: str) -> ResponseReturnValue:
    """Signing up by an invitation; the answer is the same whoever the address belongs to."""
    pace_signups()
    invited = read_invitation(reader(), now(), code)
    offered = frozenset(topic.slug for topic in sign_up_topics(reader()))
    trail = Trail(read_origin(), invited.issue.slug if invited.issue else "", invited.id)
    typed = read_join_form(request.form, evidence("invitation"), offered=offered, trail=trail)
    if typed.form is None:
        return _landing(invited, typed.state, 400)
    if not typed.is_trap:
        ask_to_join(writer(), now(), desk(), typed.form)
        writer().commit()
    return render_template("public/check_mail.html", address=typed.form.address.typed, guide=None)


def _landing(invited: Invited, form: FormState, status: int = 200) -> Response:
    issue = invited.issue or latest_out(reader())
    if issue is not None and issue.withdrawn_at is not None:
        issue = None
    shown = letter_of(issue, with_body=invited.issue is not None, with_guest=True) if issue else None
    address = runtime().links.invitation(invited.code)
    picture = f"{runtime().links.issue(shown.slug)}/card.png?v={shown.card.mark}" if shown else ""
    page = render_template(
        "public/invited.html",
        invited=invited,
        letter=shown,
        address=address,
        picture=picture,
        topics=sign_up_topics(reader()),
        form=form,
    )
    response = Response(page, status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
