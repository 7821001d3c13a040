"""The Sunday links on one page: the tray, the shortlist and the digest.

Everything works by plain forms. The page's script sends the same forms and asks for JSON, then looks at the page again.
"""

from datetime import datetime
from typing import Final

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.delivery.verp import clip_address
from app.foundation.errors import HandoffError, InvalidInput, NotFound
from app.foundation.paging import page_number
from app.issues.arranging import (
    Mended,
    mend_clip,
    picked,
    place_clip,
    read_again,
    shift_clip,
    shortlisted,
    write_why,
)
from app.issues.cadence import SlotTime, next_slot
from app.issues.clip_models import Clip, ClipState
from app.issues.clipping import get_clip
from app.issues.digest import draft_digest, open_draft
from app.issues.following import list_feeds
from app.issues.models import IssueKind
from app.issues.pictures import MOST_BYTES
from app.issues.queries import (
    Shown,
    count_tray,
    doubles_of,
    get_issue,
    scheduled_digest,
    sent_earlier,
    tray_page,
)
from app.issues.reminders import last_held
from app.issues.thumbnails import take_thumbnail
from app.issues.words import clock_words, day_words
from app.issues.writing import PICKS
from app.web.admin.desk import local
from app.web.admin.guard import allows, author, takes_files
from app.web.state import now, reader, runtime, writer
from app.web.typed import typed_number

bp = Blueprint("links", __name__)

PLACES: Final = {
    "tray": ClipState.TRAY,
    "shortlisted": ClipState.SHORTLISTED,
    "picked": ClipState.PICKED,
    "dismissed": ClipState.DISMISSED,
}
STEPS: Final = {"up": -1, "down": 1}
MENDED: Final = ("url", "title", "source", "byline", "published_on", "minutes")


@bp.get("/links")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    return board()


@bp.post("/links/<int:clip_id>/move")
@allows(Action.WRITE)
def move(clip_id: int) -> ResponseReturnValue:
    """`to` is a place or a step; `before` names the clip before which it is put."""
    to, before = request.form.get("to", ""), request.form.get("before", "")
    try:
        if to in STEPS:
            shift_clip(writer(), clip_id, STEPS[to])
        elif to in PLACES:
            place_clip(writer(), now(), clip_id, PLACES[to], typed_number(before))
        else:
            raise InvalidInput(
                "names no place.",
                field="to",
                hint="A clip goes to the tray, shortlisted, picked or dismissed.",
            )
    except HandoffError as error:
        return refused(error)
    return done("aside" if to == "dismissed" else "")


@bp.post("/links/<int:clip_id>/why")
@allows(Action.WRITE)
def why(clip_id: int) -> ResponseReturnValue:
    try:
        kept = write_why(writer(), clip_id, request.form.get("why", ""), was=request.form.get("was"))
    except HandoffError as error:
        return refused(error)
    return done("saved", why=kept.why, at=clock_words(local(now())))


@bp.get("/links/<int:clip_id>/mend")
@allows(Action.WRITE)
def hold(clip_id: int) -> ResponseReturnValue:
    """What is known of a page, to be written over by hand."""
    kept = get_clip(reader(), clip_id)
    typed = {name: getattr(kept, name) or "" for name in MENDED}
    return render_template("admin/links_mend.html", clip=kept, typed=typed, error=None)


@bp.post("/links/<int:clip_id>/mend")
@allows(Action.WRITE)
@takes_files(MOST_BYTES + 64 * 1024)
def mend(clip_id: int) -> ResponseReturnValue:
    said = {name: request.form.get(name, "") for name in MENDED}
    file = request.files.get("file")
    try:
        picture = take_thumbnail(runtime().storage, file.read()) if file is not None and file.filename else ""
        typed = Mended(**said, keep_picture=request.form.get("picture") != "none", picture=picture)
        mend_clip(writer(), now(), clip_id, typed)
    except InvalidInput as error:
        kept = get_clip(reader(), clip_id)
        return render_template("admin/links_mend.html", clip=kept, typed=said, error=error), error.status
    return done("saved")


@bp.post("/links/<int:clip_id>/read-again")
@allows(Action.WRITE)
def again(clip_id: int) -> ResponseReturnValue:
    read_again(writer(), now(), clip_id)
    return done("reading")


@bp.post("/links/draft")
@allows(Action.WRITE)
def draft() -> ResponseReturnValue:
    try:
        issue = draft_digest(writer(), now(), replace=request.form.get("replace") == "yes").issue
    except HandoffError as error:
        return refused(error)
    writer().commit()
    return redirect(url_for("studio.writing.edit", issue_id=issue.id), 303)


def done(said: str, **told: str) -> ResponseReturnValue:
    """Commit, and back to the part of the tray that was looked at; for the script, what there is to know."""
    writer().commit()
    if request.accept_mimetypes.best == "application/json":
        return jsonify(said=said, **told)
    looking = _looking()
    here = url_for(
        "studio.links.show", shown=looking.get("shown"), page=looking.get("page"), said=said or None
    )
    return redirect(here, 303)


def refused(error: HandoffError) -> ResponseReturnValue:
    """The page with the complaint on it, and nothing half done."""
    writer().rollback()
    if request.accept_mimetypes.best == "application/json":
        raise error
    return board(error)


def board(error: HandoffError | None = None) -> ResponseReturnValue:
    here, me = runtime(), author()
    raw = request.args.get("shown", "")
    shown = Shown(raw) if raw in set(Shown) else Shown.ALL
    tray = tray_page(reader(), shown, me.id, page=page_number(request.args.get("page")))
    if not tray.items and tray.number > 1:  # what lay there was moved meanwhile
        tray = tray_page(reader(), shown, me.id, page=tray.pages)
    shortlist, picks = shortlisted(reader()), picked(reader())
    clips: list[Clip] = [*picks, *shortlist, *tray.items]
    draft, domain = open_draft(reader()), here.settings.reply_domain
    page = render_template(
        "admin/links.html",
        tray=tray,
        shown=shown,
        looking=_looking(),
        pasted=request.form.get("urls", "") if error else "",
        counts=count_tray(reader(), me.id),
        shortlist=shortlist,
        picks=picks,
        six=PICKS,
        silent=sum(not pick.why.strip() for pick in picks),
        sent=sent_earlier(reader(), [each.key_hash for each in clips]),
        doubles=doubles_of(reader(), [each.id for each in clips]),
        draft=draft,
        draft_edited=draft is not None and get_issue(reader(), draft.issue_id).version != draft.version,
        coming=scheduled_digest(reader()),
        slot=_slot(),
        held=_held(),
        feeds=list_feeds(reader()),
        mail_address=clip_address(here.signer, domain, me.id) if domain else "",
        error=error,
    )
    return page, error.status if error else 200


def _looking() -> dict[str, str]:
    """Which part of the tray the author has before them, to come back to it."""
    return {name: request.args[name] for name in ("shown", "page") if request.args.get(name)}


def _slot() -> SlotTime | None:
    try:
        return next_slot(reader(), now(), IssueKind.LINKS)
    except NotFound:
        return None


def _held() -> tuple[str, int] | None:
    """The day of the slot that was held last, in words, and how many picks there were."""
    held = last_held(reader(), now())
    return (day_words(datetime.fromisoformat(held.slot[:10])), held.picked) if held else None
