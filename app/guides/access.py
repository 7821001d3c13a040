"""One reader's right to one guide: requested, confirmed, granted, downloaded; forward only, with evidence beside it.

A Grant exists once per reader and guide however often the form is sent (`UNIQUE (subscriber_id, slug)`). What moves
it is a person; a link that is only opened leaves a `seen` event and nothing else. A person who takes the guide is
given an address of the file that is good for minutes: the file itself is never public.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Gone, NotFound
from app.foundation.tokens import Purpose, Signer
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.queries import find_grant, get_newest_file
from app.guides.rules import STANDARD, GateRules

MOST_SEEN_EVENTS = 100
BEFORE = {
    GrantState.CONFIRMED: (GrantState.REQUESTED,),
    GrantState.GRANTED: (GrantState.REQUESTED, GrantState.CONFIRMED),
    GrantState.DOWNLOADED: (GrantState.REQUESTED, GrantState.CONFIRMED, GrantState.GRANTED),
}
"""From which states a step may be taken: forward only."""


@dataclass(frozen=True)
class Visit:
    """Who is at the door, and where they came from: kept with each event."""

    ip: str = ""
    user_agent: str = ""
    source: str = ""


@dataclass(frozen=True)
class Access:
    """What a download link opens."""

    grant: Grant
    file: GuideFile
    expired: bool
    used_up: bool = False
    link: str = ""

    @property
    def closed(self) -> bool:
        """Nothing comes through this link any more; a fresh one can be asked for."""
        return self.expired or self.used_up


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
    append_event(session, now, grant, GrantEventKind.REQUESTED, Visit(visit.ip, visit.user_agent, source))
    return grant


def grant_access(session: Session, now: datetime, grant: Grant, *, visit: Visit) -> Grant:
    """The address is proved: the right is given, to the newest edition. Never takes a step back.

    Raises Gone when the right was withdrawn, NotFound when the guide is not published.
    """
    if grant.revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")
    newest = get_newest_file(session, grant.slug)
    grant.guide_file_id = newest.id
    session.flush()
    if _advance(session, grant, GrantState.CONFIRMED, confirmed_at=now):
        append_event(session, now, grant, GrantEventKind.CONFIRMED, visit)
    if _advance(session, grant, GrantState.GRANTED, granted_at=now):
        append_event(session, now, grant, GrantEventKind.GRANTED, visit)
    return grant


def download_token(signer: Signer, grant: Grant, now: datetime, rules: GateRules = STANDARD) -> str:
    """A link's token, good for the rules' `link_lifetime`; opens the edition the grant has now."""
    if grant.guide_file_id is None:
        raise NotFound("This guide has not been granted yet.")
    expires = int((now + rules.link_lifetime).timestamp())
    return signer.sign(Purpose.DOWNLOAD, grant.id, grant.guide_file_id, expires)


def read_download(
    session: Session, now: datetime, signer: Signer, slug: str, token: str, rules: GateRules = STANDARD
) -> Access:
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
    link = link_id(token)
    return Access(
        grant,
        file,
        expired=now >= datetime.fromtimestamp(expires, UTC),
        used_up=_downloads(session, grant.id, GrantEvent.link == link) >= rules.downloads_per_link,
        link=link,
    )


def link_id(token: str) -> str:
    """What names a link in the evidence without being a key to it; in other letters it is the same link."""
    return hashlib.sha256(token.lower().encode()).hexdigest()[:16]


def note_seen(session: Session, now: datetime, access: Access, visit: Visit) -> None:
    """The link was opened, by a person or a machine; at most MOST_SEEN_EVENTS rows a grant (A21)."""
    query = select(func.count()).where(
        GrantEvent.grant_id == access.grant.id, GrantEvent.kind == GrantEventKind.SEEN
    )
    if (session.scalar(query) or 0) < MOST_SEEN_EVENTS:
        append_event(session, now, access.grant, GrantEventKind.SEEN, visit, access=access)


def append_event(
    session: Session,
    now: datetime,
    grant: Grant,
    kind: GrantEventKind,
    visit: Visit,
    *,
    access: Access | None = None,
    **detail: str | int,
) -> None:
    """One more line of evidence; nothing ever changes or removes one but erasure."""
    session.add(
        GrantEvent(
            grant_id=grant.id,
            kind=kind,
            at=now,
            guide_file_id=access.file.id if access else grant.guide_file_id,
            link=access.link if access else "",
            source=visit.source[:200],
            ip=visit.ip[:45],
            user_agent=visit.user_agent[:400],
            detail=detail,
        )
    )


def _downloads(session: Session, grant_id: int, which: ColumnElement[bool]) -> int:
    query = select(func.count()).where(
        GrantEvent.grant_id == grant_id, GrantEvent.kind == GrantEventKind.DOWNLOADED, which
    )
    return session.scalar(query) or 0


def _advance(session: Session, grant: Grant, to: GrantState, **when: datetime) -> bool:
    """Forward only, and once: the row count says whether the step was ours."""
    changed = changed_rows(
        session,
        update(Grant)
        .where(Grant.id == grant.id, Grant.state.in_(BEFORE[to]))
        .values(state=to, **when)
        .execution_options(synchronize_session=False),
    )
    session.refresh(grant)
    return changed == 1
