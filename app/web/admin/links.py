"""The Sunday links on one page: the tray, the shortlist and the digest, with every way of clipping beside them."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.accounts.roles import Action
from app.delivery.verp import clip_address
from app.foundation.errors import HandoffError, InvalidInput
from app.issues.arranging import Mended, mend_clip, move_clip, picked, shift_pick, write_why
from app.issues.clip_models import Clip, ClipOrigin, ClipState
from app.issues.clipping import Source, clip, clip_text, sent_before
from app.issues.digest import draft_digest, open_draft
from app.issues.feeds import read_opml
from app.issues.following import follow, follow_list, list_feeds, unfollow
from app.issues.reminders import last_held
from app.issues.writing import PICKS
from app.web.admin.guard import allows, author
from app.web.state import now, reader, runtime, writer

bp = Blueprint("links", __name__)

TRAY_LENGTH = 60


@bp.get("/links")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    return _page()


@bp.get("/links/clip")
@allows(Action.WRITE)
def ask() -> ResponseReturnValue:
    """Where the bookmarklet leads: a form filled in; nothing is clipped before it is sent."""
    return render_template("admin/links_clip.html", typed=request.args, error=None)


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
        clip(writer(), now(), typed.get("url", ""), told)
    except InvalidInput as error:
        return render_template("admin/links_clip.html", typed=typed, error=error), error.status
    return _done("clipped")


@bp.post("/links/paste")
@allows(Action.WRITE)
def paste() -> ResponseReturnValue:
    try:
        clip_text(
            writer(), now(), request.form.get("urls", ""), Source(ClipOrigin.PASTE, author_id=author().id)
        )
    except InvalidInput as error:
        return _page(error)
    return _done("clipped")


@bp.post("/links/<int:clip_id>/move")
@allows(Action.WRITE)
def move(clip_id: int) -> ResponseReturnValue:
    to = request.form.get("to", "")
    if to in {"up", "down"}:
        shift_pick(writer(), clip_id, -1 if to == "up" else 1)
    elif to in {"tray", "shortlisted", "picked", "dismissed"}:
        move_clip(writer(), now(), clip_id, ClipState(to))
    return _done("")


@bp.post("/links/<int:clip_id>/why")
@allows(Action.WRITE)
def why(clip_id: int) -> ResponseReturnValue:
    write_why(writer(), clip_id, request.form.get("why", ""))
    return _done("saved")


@bp.post("/links/<int:clip_id>/mend")
@allows(Action.WRITE)
def mend(clip_id: int) -> ResponseReturnValue:
    said = {name: request.form.get(name, "") for name in ("source", "byline", "published_on", "minutes")}
    url, title = request.form.get("url", ""), request.form.get("title", "")
    typed = Mended(url, title, said["source"], said["byline"], said["published_on"], said["minutes"])
    try:
        mend_clip(writer(), now(), clip_id, typed)
    except InvalidInput as error:
        return _page(error)
    return _done("saved")


@bp.post("/links/draft")
@allows(Action.WRITE)
def draft() -> ResponseReturnValue:
    try:
        issue = draft_digest(writer(), now(), replace=request.form.get("replace") == "yes").issue
    except HandoffError as error:
        return _page(error)
    writer().commit()
    return redirect(url_for("studio.writing.edit", issue_id=issue.id), 303)


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
        return _page(error)
    return _done("saved")


@bp.post("/links/feeds/<int:feed_id>/let-go")
@allows(Action.WRITE)
def let_go(feed_id: int) -> ResponseReturnValue:
    unfollow(writer(), feed_id)
    return _done("saved")


def _done(said: str) -> ResponseReturnValue:
    writer().commit()
    return redirect(url_for("studio.links.show", said=said or None), 303)


def _page(error: HandoffError | None = None) -> ResponseReturnValue:
    here = runtime()
    tray, shortlist = _lying(ClipState.TRAY), _lying(ClipState.SHORTLISTED)
    picks = picked(reader())
    domain = here.settings.reply_domain
    page = render_template(
        "admin/links.html",
        tray=tray,
        shortlist=shortlist,
        picks=picks,
        six=PICKS,
        silent=sum(not pick.why.strip() for pick in picks),
        sent={each.id: sent_before(reader(), each.key_hash) for each in (*tray, *shortlist, *picks)},
        draft=open_draft(reader()),
        held=last_held(reader(), now()),
        feeds=list_feeds(reader()),
        mail_address=clip_address(here.signer, domain, author().id) if domain else "",
        error=error,
    )
    return page, error.status if error else 200


def _lying(state: ClipState) -> list[Clip]:
    query = select(Clip).where(Clip.state == state, Clip.duplicate_of_id.is_(None))
    return list(reader().scalars(query.order_by(Clip.clipped_at.desc(), Clip.id.desc()).limit(TRAY_LENGTH)))
