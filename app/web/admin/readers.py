"""The readers: who they are, what they agreed to, and every mail they were sent."""

import json

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.delivery.models import RecipientKind
from app.delivery.queries import history
from app.foundation.paging import page_number
from app.privacy.export import export_person
from app.subscribers.models import SubscriberState
from app.subscribers.queries import (
    consent_page,
    describe_subscriber,
    get_subscriber,
    list_topics,
    subscriber_page,
)
from app.web.admin.guard import allows
from app.web.state import now, reader, runtime

bp = Blueprint("readers", __name__)


@bp.get("/readers")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    topics = list_topics(reader(), offered_only=False)
    search = request.args.get("search", "")[:200]
    shown = request.args.get("show", "")
    page = subscriber_page(
        reader(),
        search=search,
        state=SubscriberState(shown) if shown in set(SubscriberState) else None,
        topic_id=next((topic.id for topic in topics if f"topic:{topic.slug}" == shown), None),
        suppressed=True if shown == "suppressed" else None,
        page=page_number(request.args.get("page")),
    )
    return render_template("admin/readers.html", page=page, search=search, shown=shown, topics=topics)


@bp.get("/readers/<int:subscriber_id>")
@allows(Action.SEE)
def person(subscriber_id: int) -> ResponseReturnValue:
    subscriber = get_subscriber(reader(), subscriber_id)
    number = page_number(request.args.get("page"))
    return render_template(
        "admin/reader.html",
        person=describe_subscriber(reader(), subscriber),
        topics={topic.id: topic for topic in list_topics(reader(), offered_only=False)},
        evidence=consent_page(reader(), subscriber_id, page=number),
        mails=history(reader(), RecipientKind.SUBSCRIBER, subscriber_id),
    )


@bp.get("/readers/<int:subscriber_id>/export")
@allows(Action.MANAGE)
def export(subscriber_id: int) -> ResponseReturnValue:
    """All that is held about one reader, as a file for them."""
    found = export_person(reader(), now(), get_subscriber(reader(), subscriber_id), runtime().signer)
    answer = Response(json.dumps(found, ensure_ascii=False, indent=2), mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"reader-{subscriber_id}.json")
    return answer
