"""Taking a guide: a person's press on its link, and the file behind the short-lived key that the press gives.

Both are asked for more often than anything else about a guide, so their questions are built once, read columns and not
objects, and the press keeps the write lock only from its first change to its commit.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from app.foundation.db import table_of
from app.foundation.errors import Gone, NotFound, TooMany
from app.foundation.tokens import Purpose, Signer
from app.guides.access import BEFORE, Visit, link_id
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.rules import STANDARD, GateRules
from app.subscribers.models import Subscriber

_GRANT, _EVENT, _FILE, _READER = (table_of(model) for model in (Grant, GrantEvent, GuideFile, Subscriber))

_LINK: Final = (
    select(_GRANT.c.revoked_at, _FILE.c.storage_key)
    .join(_FILE, _FILE.c.slug == _GRANT.c.slug)
    .where(
        _GRANT.c.id == bindparam("grant"), _FILE.c.id == bindparam("file"), _GRANT.c.slug == bindparam("slug")
    )
)
_FIRST: Final = (
    update(_GRANT)
    .where(
        _GRANT.c.id == bindparam("grant"),
        _GRANT.c.revoked_at.is_(None),
        _GRANT.c.state.in_(BEFORE[GrantState.DOWNLOADED]),
    )
    .values(state=GrantState.DOWNLOADED, downloaded_at=bindparam("now"))
)
_STANDING: Final = select(_GRANT.c.revoked_at).where(_GRANT.c.id == bindparam("grant")).with_for_update()
_TAKEN: Final = select(
    func.coalesce(func.sum(case((_EVENT.c.link == bindparam("link"), 1), else_=0)), 0),
    func.coalesce(func.sum(case((_EVENT.c.at > bindparam("since"), 1), else_=0)), 0),
).where(_EVENT.c.grant_id == bindparam("grant"), _EVENT.c.kind == GrantEventKind.DOWNLOADED)
_COPY: Final = (
    select(
        _FILE.c.id,
        _FILE.c.slug,
        _FILE.c.edition,
        _FILE.c.title,
        _FILE.c.sha256,
        _FILE.c.source_sha256,
        _FILE.c.storage_key,
        _FILE.c.file_name,
        _FILE.c.bytes,
        _GRANT.c.state,
        _GRANT.c.revoked_at,
        func.coalesce(_GRANT.c.granted_at, _GRANT.c.requested_at).label("since"),
        _READER.c.first_name,
        _READER.c.last_name,
    )
    .select_from(_FILE)
    .join(_GRANT, _GRANT.c.slug == _FILE.c.slug)
    .join(_READER, _READER.c.id == _GRANT.c.subscriber_id)
    .where(
        and_(
            _FILE.c.id == bindparam("file"),
            _FILE.c.slug == bindparam("slug"),
            _GRANT.c.id == bindparam("grant"),
        )
    )
)
_EVIDENCE: Final = insert(_EVENT)


@dataclass(frozen=True)
class DownloadLink:
    """A link of ours that somebody pressed; whether it still opens anything is `record_download`'s question."""

    grant_id: int
    file_id: int
    slug: str
    storage_key: str
    expires_at: datetime
    link: str


@dataclass(frozen=True)
class Copy:
    """An edition on its way to one reader: the name given, and the day of the right, so that a copy stays the same."""

    file_id: int
    slug: str
    edition: str
    title: str
    sha256: str
    source_sha256: str
    storage_key: str
    file_name: str
    bytes: int
    name: str
    since: datetime


class LinkClosed(Gone):
    """Nothing comes through this link any more; a fresh one can be asked for."""


def read_link(connection: Connection, signer: Signer, slug: str, token: str) -> DownloadLink:
    """What a pressed link stands for. Raises as `access.read_download`."""
    grant_id, file_id, expires = signer.read(Purpose.DOWNLOAD, token, 3)
    known = {"grant": grant_id, "file": file_id, "slug": slug}
    row = connection.execute(_LINK, known).one_or_none()
    if row is None:
        raise NotFound("This link is not one of ours, or it was cut short.")
    if row.revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")
    return DownloadLink(
        grant_id, file_id, slug, row.storage_key, datetime.fromtimestamp(expires, UTC), link_id(token)
    )


def record_download(
    session: Session,
    now: datetime,
    link: DownloadLink,
    visit: Visit,
    *,
    form: str = "pdf",
    rules: GateRules = STANDARD,
) -> bool:
    """A person took the guide, as a file or (`form` is "web") to read it here; True when it was the first time.

    Raises LinkClosed for a link that has run out or was used as often as it may be, Gone when the right was withdrawn,
    TooMany when one reader's links are used by a crowd (A15). Whoever catches one rolls back.
    """
    if now >= link.expires_at:
        raise LinkClosed("This link has run out.", hint="Ask for a fresh one; it takes a moment.")
    session.flush()
    connection = session.connection()
    # Two people at one link take their turns (SQLite has one writer anyway), so that the numbers below hold.
    first = connection.execute(_FIRST, {"grant": link.grant_id, "now": now}).rowcount == 1
    if not first:
        _check_standing(connection, link.grant_id)
    _check_numbers(connection, now, link, rules)
    connection.execute(_EVIDENCE, _event(now, link, visit, form))
    held = session.identity_map.get(identity_key(Grant, link.grant_id))
    if held is not None:
        session.expire(held)
    return first


def _check_standing(connection: Connection, grant_id: int) -> None:
    row = connection.execute(_STANDING, {"grant": grant_id}).one_or_none()
    if row is None or row.revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")


def _check_numbers(connection: Connection, now: datetime, link: DownloadLink, rules: GateRules) -> None:
    asked = {"grant": link.grant_id, "link": link.link, "since": now - timedelta(days=1)}
    of_link, of_day = connection.execute(_TAKEN, asked).one()
    if of_link >= rules.downloads_per_link:
        raise LinkClosed(
            "This link has been used as often as it may be.", hint="Ask for a fresh one; it takes a moment."
        )
    if of_day >= rules.downloads_a_day:
        raise TooMany(
            "This guide has been downloaded very often today.",
            hint="Wait a day, or ask for a link of your own.",
        )


def _event(now: datetime, link: DownloadLink, visit: Visit, form: str) -> dict[str, Any]:
    return {
        "grant_id": link.grant_id,
        "kind": GrantEventKind.DOWNLOADED,
        "at": now,
        "guide_file_id": link.file_id,
        "link": link.link,
        "source": visit.source[:200],
        "ip": visit.ip[:45],
        "user_agent": visit.user_agent[:400],
        "detail": {"form": form},
    }


def file_token(signer: Signer, link: DownloadLink, now: datetime, rules: GateRules = STANDARD) -> str:
    """The key to the file for the person who has just taken it, good for the rules' `file_lifetime`."""
    expires = int((now + rules.file_lifetime).timestamp())
    return signer.sign(Purpose.FILE, link.grant_id, link.file_id, expires)


def read_file_token(connection: Connection, now: datetime, signer: Signer, slug: str, token: str) -> Copy:
    """The edition that this key opens, and for whom.

    Raises NotFound for a key that is not ours, of another guide, or of somebody who was erased or never took the
    guide; Gone when it has run out or the right was withdrawn.
    """
    grant_id, file_id, expires = signer.read(Purpose.FILE, token, 3)
    known = {"grant": grant_id, "file": file_id, "slug": slug}
    row = connection.execute(_COPY, known).one_or_none()
    if row is None or row.state is not GrantState.DOWNLOADED:
        raise NotFound("This link is not one of ours, or it was cut short.")
    if row.revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")
    if now >= datetime.fromtimestamp(expires, UTC):
        raise Gone("This download has run out.", hint="Open the link in your mail again.")
    name = f"{row.first_name} {row.last_name}".strip()
    return Copy(
        row.id,
        row.slug,
        row.edition,
        row.title,
        row.sha256,
        row.source_sha256,
        row.storage_key,
        row.file_name,
        row.bytes,
        name,
        row.since,
    )
