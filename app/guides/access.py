"""One reader's right to one guide: requested, confirmed, granted, downloaded; forward only, with evidence beside it.

A Grant exists once per reader and guide however often the form is sent (`UNIQUE (subscriber_id, slug)`). What moves
it is a person; a link that is only opened leaves a `seen` event and nothing else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Gone, NotFound, TooMany
from app.foundation.tokens import Purpose, Signer
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.queries import find_grant, get_newest_file

LINK_LIFETIME = timedelta(days=30)
DOWNLOADS_A_DAY = 20
MOST_SEEN_EVENTS = 100
_BEFORE = {
    GrantState.CONFIRMED: (GrantState.REQUESTED,),
    GrantState.GRANTED: (GrantState.REQUESTED, GrantState.CONFIRMED),
    GrantState.DOWNLOADED: (GrantState.REQUESTED, GrantState.CONFIRMED, GrantState.GRANTED),
}


@dataclass(frozen=True)
class Visit:
    """Who is at the door: kept with each event."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class Access:
    """What a download link opens."""

    grant: Grant
    file: GuideFile
    expired: bool


def request_guide(
    session: Session, now: datetime, subscriber_id: int, slug: str, *, source: str = "", visit: Visit
) -> Grant:
    """Note that somebody asked for a guide. Asking again adds an event and changes no state.

    Raises NotFound for a guide that is not published.
    """
    get_newest_file(session, slug)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Grant)
        .values(
            subscriber_id=subscriber_id,
            slug=slug,
            state=GrantState.REQUESTED,
            source=source[:200],
            requested_at=now,
        )
        .on_conflict_do_nothing()
    )
    grant = find_grant(session, subscriber_id, slug)
    assert grant is not None  # inserted above, or there before
    _append(session, now, grant, GrantEventKind.REQUESTED, visit)
    return grant


def grant_access(session: Session, now: datetime, grant: Grant, *, visit: Visit) -> Grant:
    """The address is proved: the right is given, to the newest edition. Never takes a step back.

    Raises Gone when the right was withdrawn, NotFound when the guide is not published.
    """
    if grant.revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")
    newest = get_newest_file(session, grant.slug)
    if _advance(session, grant, GrantState.CONFIRMED, confirmed_at=now):
        _append(session, now, grant, GrantEventKind.CONFIRMED, visit)
    if _advance(session, grant, GrantState.GRANTED, granted_at=now):
        _append(session, now, grant, GrantEventKind.GRANTED, visit)
    grant.guide_file_id = newest.id
    session.flush()
    return grant


def download_token(signer: Signer, grant: Grant, now: datetime) -> str:
    """A link's token, good for LINK_LIFETIME; opens the edition the grant has now."""
    if grant.guide_file_id is None:
        raise NotFound("This guide has not been granted yet.")
    expires = int((now + LINK_LIFETIME).timestamp())
    return signer.sign(Purpose.DOWNLOAD, grant.id, grant.guide_file_id, expires)


def read_download(session: Session, now: datetime, signer: Signer, slug: str, token: str) -> Access:
    """What a download link opens.

    Raises NotFound for a token that is not ours, of another guide, or of somebody who was erased; Gone when the
    right was withdrawn. A link that has run out is told by `expired`, because its page offers a fresh one.
    """
    grant_id, file_id, expires = signer.read(Purpose.DOWNLOAD, token, 3)
    grant, file = session.get(Grant, grant_id), session.get(GuideFile, file_id)
    if grant is None or file is None or grant.slug != slug or file.slug != slug:
        raise NotFound("This link is not one of ours, or it was cut short.")
    if grant.revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")
    return Access(grant, file, expired=now >= datetime.fromtimestamp(expires, UTC))


def note_seen(session: Session, now: datetime, grant: Grant, visit: Visit) -> None:
    """The link was opened, by a person or a machine; at most MOST_SEEN_EVENTS rows a grant (A21)."""
    query = select(func.count()).where(
        GrantEvent.grant_id == grant.id, GrantEvent.kind == GrantEventKind.SEEN
    )
    if (session.scalar(query) or 0) < MOST_SEEN_EVENTS:
        _append(session, now, grant, GrantEventKind.SEEN, visit)


def record_download(
    session: Session, now: datetime, access: Access, visit: Visit, *, form: str = "pdf"
) -> bool:
    """A person took the guide, as a file or (`form` is "web") to read it here; True when it was the first time.

    Raises Gone for a link that has run out, TooMany when one link is used by a crowd (A15).
    """
    if access.expired:
        raise Gone("This link has run out.", hint="Ask for a fresh one; it takes a moment.")
    grant = access.grant
    today = select(func.count()).where(
        GrantEvent.grant_id == grant.id,
        GrantEvent.kind == GrantEventKind.DOWNLOADED,
        GrantEvent.at > now - timedelta(days=1),
    )
    if (session.scalar(today) or 0) >= DOWNLOADS_A_DAY:
        raise TooMany(
            "This link has been used very often today.", hint="Wait a day, or ask for a link of your own."
        )
    first = _advance(session, grant, GrantState.DOWNLOADED, downloaded_at=now)
    _append(session, now, grant, GrantEventKind.DOWNLOADED, visit, form=form)
    return first


def _advance(session: Session, grant: Grant, to: GrantState, **when: datetime) -> bool:
    """Forward only, and once: the row count says whether the step was ours."""
    changed = changed_rows(
        session,
        update(Grant)
        .where(Grant.id == grant.id, Grant.state.in_(_BEFORE[to]))
        .values(state=to, **when)
        .execution_options(synchronize_session=False),
    )
    session.refresh(grant)
    return changed == 1


def _append(
    session: Session, now: datetime, grant: Grant, kind: GrantEventKind, visit: Visit, **detail: str
) -> None:
    session.add(
        GrantEvent(
            grant_id=grant.id,
            kind=kind,
            at=now,
            ip=visit.ip[:45],
            user_agent=visit.user_agent[:400],
            detail=detail,
        )
    )
