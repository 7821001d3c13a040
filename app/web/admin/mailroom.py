"""What the inbox's pages share: the list one came from, and the choices of when to come back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from app.conversation.models import Lane
from app.conversation.queries import Asked, Folder
from app.foundation.errors import InvalidInput
from app.signup.desk import Desk
from app.web.admin.desk import local, zone
from app.web.state import now, runtime

LANE_WORDS = {
    Lane.FEEDBACK: "Feedback",
    Lane.STUCK: "Stuck",
    Lane.HELLO: "Hello",
    Lane.OTHER: "Other",
}
FOLDER_WORDS = {
    Folder.WAITING: "Waiting",
    Folder.UNREAD: "Unread",
    Folder.SNOOZED: "Snoozed",
    Folder.ANSWERED: "Answered",
    Folder.ALL: "Everything",
}
MORNING = 8


@dataclass(frozen=True)
class Later:
    """One choice of when a snoozed conversation comes back."""

    words: str
    at: datetime


def asked_of(values: MultiDict[str, str]) -> Asked:
    """The list that an address or a form names; nonsense means the usual one."""
    show, lane = values.get("show", ""), values.get("lane", "")
    return Asked(
        folder=Folder(show) if show in set(Folder) else Folder.WAITING,
        lane=Lane(lane) if lane in set(Lane) else None,
        search=values.get("search", "")[:200],
        tag=values.get("tag", "")[:40],
    )


def in_address(asked: Asked) -> dict[str, Any]:
    """The list as it stands in an address; what is usual stays out of it."""
    named = {
        "show": "" if asked.folder is Folder.WAITING else asked.folder.value,
        "lane": asked.lane.value if asked.lane else "",
        "search": asked.search,
        "tag": asked.tag,
    }
    return {name: value for name, value in named.items() if value}


def lane_of_form() -> Lane:
    """The lane chosen in a form. Raises InvalidInput."""
    chosen = request.form.get("to", "")
    if chosen not in set(Lane):
        raise InvalidInput("Choose a lane.", field="to")
    return Lane(chosen)


def desk() -> Desk:
    here = runtime()
    return Desk(here.signer, here.links, here.address_key, here.settings.emails_dir)


def laters() -> list[Later]:
    """The usual moments, on the publication's wall clock."""
    here = local(now())
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    monday = morning + timedelta(days=7 - here.weekday())
    evening = here.replace(hour=18, minute=0, second=0, microsecond=0)
    found = [Later("This evening", evening)] if here.hour < 17 else []
    found += [
        Later("Tomorrow morning", morning + timedelta(days=1)),
        Later("Monday morning", monday),
        Later("In a week", morning + timedelta(days=7)),
        Later("In a month", morning + timedelta(days=30)),
    ]
    return found


def moment_of_form() -> datetime:
    """The moment a form names: one of the usual ones, or a date. Raises InvalidInput."""
    given = request.form.get("at") or request.form.get("date", "")
    try:
        moment = datetime.fromisoformat(given[:40])
    except ValueError:
        raise InvalidInput("Choose a day.", field="until", hint="Write it like 2026-11-30.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(), hour=moment.hour or MORNING)
    return moment
