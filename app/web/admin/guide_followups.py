"""What an author does about follow-ups and about offering a new edition: each act asks first or can be taken back."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import Conflict, HandoffError
from app.guides.content import GuideContent
from app.guides.followups import go_on, stop_all, stop_followups
from app.guides.models import GuideFile
from app.guides.publishing import published_content
from app.guides.queries import get_newest_file
from app.guides.standing import get_grant
from app.guides.stopping import resume_step, skip_followup, stop_step, unskip_followup
from app.signup.offering import offer_new_edition, read_offer_progress
from app.web.admin.guard import allows, author
from app.web.state import now, reader, runtime, writer

bp = Blueprint("guide_followups", __name__)


@bp.post("/guides/<slug>/followups")
@allows(Action.SEND)
def switch(slug: str) -> ResponseReturnValue:
    """All follow-ups of a guide."""
    get_newest_file(reader(), slug)
    if request.form.get("go") == "on":
        go_on(writer(), slug)
    else:
        stop_all(writer(), now(), slug)
    return to_guide(slug, "saved")


@bp.post("/guides/<slug>/followups/<name>")
@allows(Action.SEND)
def switch_step(slug: str, name: str) -> ResponseReturnValue:
    """One follow-up, for everybody."""
    content = _content(get_newest_file(reader(), slug))
    if request.form.get("go") == "on":
        resume_step(writer(), now(), content, name)
    else:
        stop_step(writer(), now(), content, name)
    return to_guide(slug, "saved")


@bp.post("/guides/<slug>/people/<int:grant_id>/followups/<name>")
@allows(Action.SEND)
def switch_for_one(slug: str, grant_id: int, name: str) -> ResponseReturnValue:
    """One follow-up, for one reader."""
    content = _content(get_newest_file(reader(), slug))
    grant = get_grant(writer(), slug, grant_id)
    if request.form.get("go") == "on":
        unskip_followup(writer(), grant, content, name)
    else:
        skip_followup(writer(), now(), grant, content, name)
    return to_person(slug, grant_id, "saved")


@bp.post("/guides/<slug>/people/<int:grant_id>/stop-followups")
@allows(Action.SEND)
def stop_for_one(slug: str, grant_id: int) -> ResponseReturnValue:
    grant = get_grant(writer(), slug, grant_id)
    stop_followups(writer(), now(), grant.subscriber_id, "stopped in the studio")
    return to_person(slug, grant_id, "followups-stopped")


@bp.get("/guides/<slug>/offer")
@allows(Action.SEND)
def ask_to_offer(slug: str) -> ResponseReturnValue:
    guide, progress = get_newest_file(reader(), slug), read_offer_progress(reader(), slug)
    return render_template("admin/guide_offer.html", guide=guide, progress=progress)


@bp.post("/guides/<slug>/offer")
@allows(Action.SEND)
def offer(slug: str) -> ResponseReturnValue:
    """The edition that the author looked at, and no other. Raises Conflict when a newer one was published since."""
    if request.form.get("edition", "") != str(get_newest_file(reader(), slug).id):
        raise Conflict(
            "Another edition was published meanwhile.", hint="Look again at what you are offering."
        )
    offer_new_edition(writer(), now(), slug, by=author().email)
    return to_guide(slug, "offered")


def content_or_nothing(guide: GuideFile) -> GuideContent | None:
    """What an edition was made from; None when it has to be built again."""
    try:
        return _content(guide)
    except HandoffError:
        return None


def _content(guide: GuideFile) -> GuideContent:
    return published_content(runtime().storage, guide.slug, guide.source_sha256)


def to_person(slug: str, grant_id: int, said: str) -> ResponseReturnValue:
    """Commit, and back to the reader's page."""
    writer().commit()
    return redirect(url_for("studio.guides.person", slug=slug, grant_id=grant_id, said=said), 303)


def to_guide(slug: str, said: str) -> ResponseReturnValue:
    """Commit, and back to the guide's page."""
    writer().commit()
    return redirect(url_for("studio.guides.one", slug=slug, said=said), 303)
