"""The guides: who came, who asked, who took them home; and what an author does about one reader."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.addresses import parse_address
from app.foundation.errors import HandoffError
from app.foundation.paging import page_number
from app.guides.catalogue import find_guide
from app.guides.followups import LATEST, plan_of, stopped_since, topic_slug
from app.guides.models import Grant, GrantState
from app.guides.publishing import prepare_guide, publish_guide
from app.guides.queries import (
    count_grants,
    edition_names,
    get_newest_file,
    grant_page,
    grant_trail,
    published_guides,
)
from app.guides.standing import get_grant, restore_grant, revoke_grant
from app.guides.stopping import read_steps
from app.reports.funnel import STEPS, FunnelRow, read_funnel
from app.signup.desk import Desk
from app.signup.handing import grant_by_hand, resend_guide
from app.signup.offering import read_offer_progress
from app.subscribers.models import SubscriptionState
from app.subscribers.queries import find_topic, get_subscriber, subscriptions_of
from app.web.admin.desk import zone
from app.web.admin.guard import allows, author
from app.web.admin.guide_followups import content_or_nothing, to_guide, to_person
from app.web.public.forms import FUNCTION_NAMES
from app.web.state import now, reader, runtime, writer
from app.wiring import desk_of

bp = Blueprint("guides", __name__)

SPANS = (7, 30, 90)


@bp.get("/guides")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    guides = [(guide, count_grants(reader(), guide.slug)) for guide in published_guides(reader())]
    return render_template("admin/guides.html", guides=guides)


@bp.get("/guides/<slug>")
@allows(Action.SEE)
def one(slug: str) -> ResponseReturnValue:
    return _page(slug)


def _page(slug: str, error: HandoffError | None = None) -> tuple[str, int]:
    """The guide's page; with what was wrong on it, and what was typed kept to be put right."""
    guide = get_newest_file(reader(), slug)
    span = page_number(request.args.get("days"))
    span = span if span in SPANS else 30
    raw = request.args.get("state")
    state = GrantState(raw) if raw in set(GrantState) else None
    content = content_or_nothing(guide)
    funnel = read_funnel(reader(), now(), slug, zone(), span)
    shown = render_template(
        "admin/guide.html",
        error=error,
        typed=request.form.get("email", ""),
        guide=guide,
        funnel=funnel,
        steps=STEPS,
        spans=SPANS,
        span=span,
        tallest=max((_height(row) for row in funnel.days), default=1) or 1,
        state=state,
        states=list(GrantState),
        page=grant_page(reader(), slug, state=state, page=page_number(request.args.get("page"))),
        offer=read_offer_progress(reader(), slug),
        function_names=FUNCTION_NAMES,
        steps_after=read_steps(reader(), now(), content) if content else (),
        stopped=stopped_since(reader(), slug),
    )
    return shown, error.status if error else 200


@bp.get("/guides/<slug>/people/<int:grant_id>")
@allows(Action.SEE)
def person(slug: str, grant_id: int) -> ResponseReturnValue:
    grant = get_grant(reader(), slug, grant_id)
    guide = get_newest_file(reader(), slug)
    content = content_or_nothing(guide)
    return render_template(
        "admin/guide_person.html",
        guide=guide,
        grant=grant,
        person=get_subscriber(reader(), grant.subscriber_id),
        events=grant_trail(reader(), grant.id),
        editions=edition_names(reader(), slug),
        plan=plan_of(reader(), grant, content) if content else [],
        asked_for_followups=_asked_for_followups(grant),
        too_late=now() - LATEST,
    )


@bp.post("/guides/<slug>/people/<int:grant_id>/resend")
@allows(Action.SEND)
def resend(slug: str, grant_id: int) -> ResponseReturnValue:
    resend_guide(writer(), now(), _desk(), get_grant(writer(), slug, grant_id), by=author().email)
    return to_person(slug, grant_id, "guide-resent")


@bp.get("/guides/<slug>/people/<int:grant_id>/revoke")
@allows(Action.SEND)
def ask_to_revoke(slug: str, grant_id: int) -> ResponseReturnValue:
    grant = get_grant(reader(), slug, grant_id)
    return render_template(
        "admin/guide_revoke.html",
        guide=get_newest_file(reader(), slug),
        grant=grant,
        person=get_subscriber(reader(), grant.subscriber_id),
    )


@bp.post("/guides/<slug>/people/<int:grant_id>/revoke")
@allows(Action.SEND)
def revoke(slug: str, grant_id: int) -> ResponseReturnValue:
    revoke_grant(writer(), now(), get_grant(writer(), slug, grant_id), by=author().email)
    return to_person(slug, grant_id, "revoked")


@bp.post("/guides/<slug>/people/<int:grant_id>/restore")
@allows(Action.SEND)
def restore(slug: str, grant_id: int) -> ResponseReturnValue:
    restore_grant(writer(), now(), get_grant(writer(), slug, grant_id), by=author().email)
    return to_person(slug, grant_id, "restored")


@bp.post("/guides/<slug>/give")
@allows(Action.SEND)
def give(slug: str) -> ResponseReturnValue:
    try:
        address = parse_address(request.form.get("email", ""))
        grant = grant_by_hand(writer(), now(), _desk(), address, slug, by=author().email)
    except HandoffError as error:
        writer().rollback()
        return _page(slug, error)
    return to_person(slug, grant.id, "given")


@bp.post("/guides/<slug>/publish")
@allows(Action.SEND)
def publish(slug: str) -> ResponseReturnValue:
    """Builds first, writes afterwards: a source that does not build leaves the old edition in place."""
    here = runtime()
    prepared = prepare_guide(find_guide(here.settings.guides_dir, slug), here.storage)
    publish_guide(writer(), now(), prepared)
    return to_guide(slug, "edition")


def _asked_for_followups(grant: Grant) -> bool:
    topic = find_topic(reader(), topic_slug(grant.slug))
    states = subscriptions_of(reader(), grant.subscriber_id)
    return topic is not None and states.get(topic.id) is SubscriptionState.ON


def _height(row: FunnelRow) -> int:
    return max(row.visited or 0, row.requested)


def _desk() -> Desk:
    return desk_of(runtime())
