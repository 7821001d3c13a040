"""`/unsubscribe/…` and `/preferences/…`: reading changes nothing, a POST acts, and leaving is never made hard."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import InvalidInput
from app.foundation.tokens import Purpose
from app.signup.inviting import count_credits
from app.signup.leaving import (
    LeaveLink,
    come_back,
    leave_by_link,
    read_leave_link,
    read_preferences_link,
)
from app.subscribers.models import Subscriber, SubscriptionState, Topic
from app.subscribers.preferences import Preferences, change_preferences
from app.subscribers.queries import ASKED_FOR_ELSEWHERE, list_topics, subscriptions_of
from app.subscribers.suppression import is_suppressed
from app.web.public.desk import evidence, pace_posts
from app.web.public.forms import FUNCTION_NAMES, FormState, read_function
from app.web.public.site import for_one_reader
from app.web.state import now, reader, runtime, writer
from app.web.typed import typed_number

bp = Blueprint("leave", __name__)
bp.after_request(for_one_reader)


@bp.get("/unsubscribe/<token>")
def page(token: str) -> ResponseReturnValue:
    """Asks. Link checkers that open it change nothing (A12)."""
    link = read_leave_link(reader(), runtime().signer, token)
    if link.is_out:
        return _left_page(token, link, ())
    everything = "all" in request.args or link.topic is None
    return render_template(
        "public/unsubscribe.html", link=link, everything=everything, preferences=_preferences_url(link)
    )


@bp.post("/unsubscribe/<token>")
def act(token: str) -> ResponseReturnValue:
    """The page's buttons, and the mail program's own (RFC 8058: no cookie, no redirect, any number of times)."""
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    if not one_click:
        pace_posts()
    session, signer = writer(), runtime().signer
    if request.form.get("undo"):
        typed = map(typed_number, request.form.getlist("topic")[:50])
        ids = [number for number in typed if number is not None]
        back = come_back(session, now(), signer, token, ids, evidence("undo on the unsubscribe page"))
        session.commit()
        return _back_page(token, back)
    left = leave_by_link(
        session,
        now(),
        signer,
        token,
        evidence("one-click" if one_click else "unsubscribe page"),
        everything=request.form.get("scope") == "all",
    )
    session.commit()
    if one_click:
        return "You are unsubscribed.\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
    return _left_page(token, read_leave_link(reader(), signer, token), left)


def _left_page(token: str, link: LeaveLink, left: tuple[int, ...]) -> str:
    names = [topic for topic in list_topics(reader(), offered_only=False) if topic.id in left]
    return render_template(
        "public/left.html", link=link, left=names, token=token, preferences=_preferences_url(link)
    )


def _back_page(token: str, back: tuple[int, ...]) -> str:
    link = read_leave_link(reader(), runtime().signer, token)
    names = [topic for topic in list_topics(reader(), offered_only=False) if topic.id in back]
    return render_template(
        "public/back.html", link=link, back=names, token=token, preferences=_preferences_url(link)
    )


def _preferences_url(link: LeaveLink) -> str:
    if link.subscriber is None:
        return ""
    return f"/preferences/{runtime().signer.sign(Purpose.PREFERENCES, link.subscriber.id)}"


@bp.get("/preferences/<token>")
def preferences(token: str) -> ResponseReturnValue:
    subscriber = read_preferences_link(reader(), runtime().signer, token)
    return _preferences_page(token, subscriber, None)


@bp.post("/preferences/<token>")
def change(token: str) -> ResponseReturnValue:
    """Save, or show again what was typed with the field that is wrong."""
    pace_posts()
    session = writer()
    subscriber = read_preferences_link(session, runtime().signer, token)
    slugs = frozenset(request.form.getlist("topics"))
    typed = {name: request.form.get(name, "")[:400] for name in ("first_name", "last_name", "function")}
    errors: dict[str, str] = {}
    wanted = Preferences(
        topic_ids=frozenset(topic.id for topic in list_topics(session) if topic.slug in slugs),
        first_name=request.form.get("first_name", ""),
        last_name=request.form.get("last_name", ""),
        function=read_function(typed["function"], errors),
    )
    if not errors:
        try:
            change_preferences(session, now(), subscriber.id, wanted, evidence("preferences page"))
        except InvalidInput as error:
            errors[error.field or "topics"] = f"{error.message} {error.hint or ''}".strip()
    if errors:
        session.rollback()
        subscriber = read_preferences_link(reader(), runtime().signer, token)
        return _preferences_page(token, subscriber, FormState(typed, slugs, errors)), 400
    session.commit()
    return redirect(f"/preferences/{token}?saved", 303)


def _preferences_page(token: str, subscriber: Subscriber, state: FormState | None) -> str:
    states = subscriptions_of(reader(), subscriber.id)
    topics: tuple[Topic, ...] = tuple(
        topic
        for topic in list_topics(reader())
        if topic.kind not in ASKED_FOR_ELSEWHERE or topic.id in states
    )
    if state is None:
        values = {
            "first_name": subscriber.first_name,
            "last_name": subscriber.last_name,
            "function": subscriber.function.value if subscriber.function else "",
        }
        on = frozenset(topic.slug for topic in topics if states.get(topic.id) is SubscriptionState.ON)
        state = FormState(values, on)
    leave_all = runtime().signer.sign(Purpose.UNSUBSCRIBE, subscriber.id, 0, 0)
    return render_template(
        "public/preferences.html",
        subscriber=subscriber,
        topics=topics,
        form=state,
        functions=FUNCTION_NAMES,
        saved="saved" in request.args and not state.errors,
        anything_on=SubscriptionState.ON in states.values(),
        suppressed=is_suppressed(reader(), subscriber.address_hash),
        leave_all=f"/unsubscribe/{leave_all}?all",
        token=token,
        joined=count_credits(reader(), subscriber.id),
    )
