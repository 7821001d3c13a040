"""`/about`: who writes this, for whom, when it comes, and what the house does with what it knows of its readers."""

from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.foundation.errors import NotFound
from app.issues.cadence import get_cadence
from app.issues.models import IssueKind
from app.issues.words import WEEKDAYS, clock_words, zone_words
from app.publication.settings import get_publication
from app.rendering.markdown import to_web_html
from app.subscribers.queries import count_readers
from app.web.public.kept import keep
from app.web.public.site import site
from app.web.state import now, reader

bp = Blueprint("about", __name__)


@bp.get("/about")
@keep
def show() -> ResponseReturnValue:
    publication = get_publication(reader())
    readers = count_readers(reader())
    return render_template(
        "public/about.html",
        here="about",
        about=to_web_html(publication.about or publication.promise),
        times=[(kind, _time_words(kind)) for kind in IssueKind],
        readers=readers if readers >= site().proof_from else None,
    )


def _time_words(kind: IssueKind) -> str:
    """`Tuesdays, 8:15 am New York time`; "" while there is no such rule."""
    try:
        cadence = get_cadence(reader(), kind)
    except NotFound:
        return ""
    at = now().replace(hour=cadence.local_time.hour, minute=cadence.local_time.minute)
    return f"{WEEKDAYS[cadence.weekday]}s, {clock_words(at)} {zone_words(ZoneInfo(cadence.zone))}"
