"""The studio under `/admin`: its rooms, and the one door in front of all of them."""

from datetime import datetime, timedelta
from importlib import import_module

from flask import Blueprint, g, request

from app.accounts.roles import Action, may
from app.accounts.sessions import SignedIn
from app.conversation.queries import count_unread
from app.delivery.installation import standing_of
from app.issues.models import IssueKind, IssueState
from app.issues.words import MONTHS, clock_words, span_words, when_words
from app.subscribers.queries import list_topics
from app.web.admin.desk import local, zone
from app.web.admin.guard import form_token, keep_visit, watch_the_door
from app.web.admin.sayings import saying
from app.web.state import now, reader

ROOMS = (
    "account",
    "again",
    "answers",
    "archive",
    "calendar",
    "clipping",
    "copies",
    "correcting",
    "dashboard",
    "deliverability",
    "growth",
    "guide_followups",
    "guests",
    "guides",
    "history",
    "installation",
    "inbox",
    "inbox_issue",
    "inbox_settings",
    "issues",
    "ledger",
    "links",
    "login",
    "mails",
    "pictures",
    "publication",
    "readers",
    "scheduling",
    "series",
    "threads",
    "writing",
)
"""Modules beside this one that expose `bp`."""

bp = Blueprint("studio", __name__, url_prefix="/admin")
for room in ROOMS:
    bp.register_blueprint(import_module(f"app.web.admin.{room}").bp)
bp.before_request(watch_the_door)
bp.after_request(keep_visit)

KIND_WORDS = {IssueKind.LETTER: "Letter", IssueKind.LINKS: "Links"}
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android")),
    *(("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux")),
)
STATE_TONES = {
    IssueState.DRAFT: "",
    IssueState.SCHEDULED: "accent",
    IssueState.SENDING: "warn",
    IssueState.SENT: "good",
    IssueState.HELD: "bad",
}


@bp.app_template_filter("in_words")
def in_words(at: datetime) -> str:
    """`Tuesday 24 November 2026, 8:15 am New York time (EST)`."""
    return when_words(at, zone())


@bp.app_template_filter("on_day")
def on_day(at: datetime) -> str:
    """`24 November 2026`, and without the year in the present one."""
    here = local(at)
    words = f"{here.day} {MONTHS[here.month - 1]}"
    return words if here.year == local(now()).year else f"{words} {here.year}"


@bp.app_template_filter("moment")
def moment(at: datetime) -> str:
    """`24 November, 8:15 am`."""
    return f"{on_day(at)}, {clock_words(local(at))}"


@bp.app_template_filter("ago")
def ago(at: datetime) -> str:
    """`3 hours ago`; `in 2 days` for what is to come."""
    span = now() - at
    if span.total_seconds() < 0:
        return f"in {span_words(-span)}"
    return "just now" if span.total_seconds() < 60 else f"{span_words(span)} ago"


@bp.app_template_filter("span")
def span(length: timedelta) -> str:
    """`3 hours`."""
    return span_words(length)


@bp.app_template_filter("topic_name")
def topic_name(slug: str) -> str:
    """What the author calls a topic."""
    if "topic_names" not in g:
        g.topic_names = {topic.slug: topic.name for topic in list_topics(reader(), offered_only=False)}
    return str(g.topic_names.get(slug, slug))


@bp.app_template_filter("capitalize_first")
def capitalize_first(words: str) -> str:
    """A sentence as it begins a line; the rest stays as it is."""
    return words if words.startswith("http") else words[:1].upper() + words[1:]


@bp.app_template_filter("browser")
def browser(user_agent: str) -> str:
    """`Firefox on Linux`: enough to recognise one's own browsers."""
    name = next((word for mark, word in BROWSERS if mark in user_agent), "A browser")
    system = next((word for mark, word in SYSTEMS if mark in user_agent), "")
    return f"{name} on {system}" if system else name


@bp.context_processor
def _context() -> dict[str, object]:
    signed_in: SignedIn | None = g.get("signed_in")
    me = signed_in.author if signed_in else None
    return {
        "me": me,
        "unread": count_unread(reader()) if me else 0,
        "may": lambda action: me is not None and may(me, Action(action)),
        "csrf": form_token,
        "said": saying(request.args.get("said")),
        "kind_words": KIND_WORDS,
        "state_tones": STATE_TONES,
        "standing": standing_of(reader()) if me else None,
        "zone": zone(),
        "now": now(),
    }
