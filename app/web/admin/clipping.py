"""Gathering for the Sunday links: the bookmarklet's form, pasted addresses, feeds, and clearing what feeds brought."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import HandoffError, InvalidInput
from app.issues.arranging import clear_old_feed_items, count_old_feed_items
from app.issues.canonical import clean_url
from app.issues.clip_models import ClipOrigin
from app.issues.clipping import Clipped, Outcome, Source, clip, clip_text, key_hash
from app.issues.feeds import read_opml
from app.issues.following import follow, follow_list, unfollow
from app.issues.queries import clip_at_hand, sent_earlier
from app.web.admin.guard import allows, author
from app.web.admin.links import done, refused
from app.web.state import now, reader, writer

bp = Blueprint("clipping", __name__)

DAYS: Final = (3, 7, 14, 30)


@bp.get("/links/clip")
@allows(Action.WRITE)
def ask() -> ResponseReturnValue:
    """Where the bookmarklet leads: a form filled in; nothing is clipped before it is sent."""
    known, earlier = None, None
    with suppress(InvalidInput):  # said when the form is sent
        key = key_hash(clean_url(request.args.get("url", "")))
        known, earlier = clip_at_hand(reader(), key), sent_earlier(reader(), [key]).get(key)
    return render_template(
        "admin/links_clip.html", typed=request.args, known=known, earlier=earlier, error=None
    )


@bp.post("/links/clip")
@allows(Action.WRITE)
def take() -> ResponseReturnValue:
    typed = request.form
    told = Source(
        ClipOrigin.BOOKMARKLET,
        author_id=author().id,
        title=typed.get("title", ""),
        note=typed.get("note", ""),
    )
    try:
        found = clip(writer(), now(), typed.get("url", ""), told)
    except InvalidInput as error:
        return render_template("admin/links_clip.html", typed=typed, error=error), error.status
    return done(_saying([found]))


@bp.post("/links/paste")
@allows(Action.WRITE)
def paste() -> ResponseReturnValue:
    told = Source(ClipOrigin.PASTE, author_id=author().id)
    try:
        found = clip_text(writer(), now(), request.form.get("urls", ""), told)
    except InvalidInput as error:
        return refused(error)
    return done(_saying(found))


@bp.post("/links/feeds")
@allows(Action.WRITE)
def follow_feed() -> ResponseReturnValue:
    file = request.files.get("file")
    try:
        if file is not None and file.filename:
            follow_list(writer(), now(), read_opml(file.read()))
        else:
            follow(writer(), now(), request.form.get("url", ""))
    except HandoffError as error:
        return refused(error)
    return done("followed")


@bp.post("/links/feeds/<int:feed_id>/let-go")
@allows(Action.WRITE)
def let_go(feed_id: int) -> ResponseReturnValue:
    unfollow(writer(), feed_id)
    return done("let-go")


@bp.get("/links/clear")
@allows(Action.WRITE)
def look() -> ResponseReturnValue:
    """How many items would be laid aside, before anybody is asked to do it."""
    counts = {days: count_old_feed_items(reader(), now(), timedelta(days=days)) for days in DAYS}
    return render_template("admin/links_clear.html", counts=counts)


@bp.post("/links/clear")
@allows(Action.WRITE)
def clear() -> ResponseReturnValue:
    raw = request.form.get("days", "")
    if raw not in {str(days) for days in DAYS}:
        raise InvalidInput("names no number of days.", field="days", hint="Choose one of those on the page.")
    clear_old_feed_items(writer(), now(), timedelta(days=int(raw)))
    return done("cleared")


def _saying(found: list[Clipped]) -> str:
    """What to say of all of them: new, there already, or some of each."""
    outcomes = {each.outcome for each in found}
    if outcomes == {Outcome.ALREADY}:
        return "already"
    if outcomes == {Outcome.BACK}:
        return "back"
    return "clipped" if Outcome.ALREADY not in outcomes else "clipped-some"
