"""A download link that has run out is replaced by mail: whoever holds the link may be anybody, the mailbox is not."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.guides.access import Visit, append_event, grant_access, read_download
from app.guides.models import GrantEventKind
from app.signup.desk import Desk
from app.signup.mails import queue_fresh_link


def send_fresh_link(session: Session, now: datetime, desk: Desk, slug: str, token: str, visit: Visit) -> None:
    """Mail a new link to the reader whom the old one belongs to, at most once a day.

    Raises NotFound for a token that is not ours, Gone when the right was withdrawn.
    """
    access = read_download(session, now, desk.signer, slug, token, desk.rules)
    grant = grant_access(session, now, access.grant, visit=visit)
    append_event(session, now, grant, GrantEventKind.FRESH_LINK, visit, access=access)
    queue_fresh_link(session, now, desk, grant)
