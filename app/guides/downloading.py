"""Taking a guide: a person's press on its link, and the file behind the short-lived key that the press gives.

Both are asked for more often than anything else about a guide, so their questions are built once, read columns and not
objects, and the press keeps the write lock only from its first change to its commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from app.foundation.db import table_of
from app.foundation.errors import Gone, NotFound, TooMany
from app.foundation.straight import Driver, Straight, driver_of
from app.foundation.tokens import Purpose, Signer
from app.guides.access import BEFORE, Visit, link_id
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.rules import STANDARD, GateRules
from app.publication.models import Publication
from app.subscribers.models import Subscriber

_GRANT, _EVENT, _FILE, _READER, _PUBLICATION = (
    table_of(model) for model in (Grant, GrantEvent, GuideFile, Subscriber, Publication)
)

_LINK: Final = Straight(
    select(_GRANT.c.revoked_at, _FILE.c.storage_key)
    .join(_FILE, _FILE.c.slug == _GRANT.c.slug)
    .where(
        _GRANT.c.id == bindparam("grant"), _FILE.c.id == bindparam("file"), _GRANT.c.slug == bindparam("slug")
    )
)
_FIRST: Final = Straight(
    update(_GRANT)
    .where(
        _GRANT.c.id == bindparam("grant"),
        _GRANT.c.revoked_at.is_(None),
        or_(*(_GRANT.c.state == state for state in BEFORE[GrantState.DOWNLOADED])),
    )
    .values(state=GrantState.DOWNLOADED, downloaded_at=bindparam("now"))
)
_STANDING: Final = Straight(
    select(_GRANT.c.revoked_at).where(_GRANT.c.id == bindparam("grant")).with_for_update()
)
_TAKEN: Final = select(
    func.coalesce(func.sum(case((_EVENT.c.link == bindparam("link"), 1), else_=0)), 0).label("of_link"),
    func.coalesce(func.sum(case((_EVENT.c.at > bindparam("since"), 1), else_=0)), 0).label("of_day"),
).where(_EVENT.c.grant_id == bindparam("grant"), _EVENT.c.kind == GrantEventKind.DOWNLOADED)
_NUMBERS: Final = Straight(_TAKEN)
_COPY: Final = Straight(
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
        _READER.c.first_name,
        _READER.c.last_name,
        func.coalesce(_GRANT.c.granted_at, _GRANT.c.requested_at),
        func.coalesce(select(_PUBLICATION.c.time_zone).scalar_subquery(), "UTC"),
        _GRANT.c.state,
        _GRANT.c.revoked_at,
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


def _evidence() -> Straight:
    """One more line of evidence, if the numbers leave room for it: asked and answered in one statement."""
    given = {
        _EVENT.c.grant_id: "grant",
        _EVENT.c.kind: "kind",
        _EVENT.c.at: "now",
        _EVENT.c.guide_file_id: "file",
        _EVENT.c.link: "link",
        _EVENT.c.source: "source",
        _EVENT.c.ip: "ip",
        _EVENT.c.user_agent: "user_agent",
        _EVENT.c.detail: "detail",
    }
    taken = _TAKEN.subquery("taken")
    line = select(*(bindparam(name, type_=column.type) for column, name in given.items())).where(
        taken.c.of_link < bindparam("per_link"), taken.c.of_day < bindparam("per_day")
    )
    return Straight(insert(_EVENT).from_select(list(given), line, include_defaults=False))


_EVIDENCE: Final = _evidence()


@dataclass(frozen=True)
class LinkKey:
    """What a link says of itself, and what names it in the evidence."""

    grant_id: int
    file_id: int
    expires_at: datetime
    link: str

    def check_time(self, now: datetime) -> None:
        """Raises LinkClosed when its days are over."""
        if now >= self.expires_at:
            raise LinkClosed("This link has run out.", hint="Ask for a fresh one; it takes a moment.")


@dataclass(frozen=True)
class DownloadLink:
    """A link of ours that somebody pressed; whether it still opens anything is `record_download`'s question."""

    key: LinkKey
    slug: str
    storage_key: str

    @property
    def grant_id(self) -> int:
        return self.key.grant_id

    @property
    def file_id(self) -> int:
        return self.key.file_id


@dataclass(frozen=True)
class EditionFile:
    """What of a GuideFile is needed to hand it out."""

    file_id: int
    slug: str
    edition: str
    title: str
    sha256: str
    source_sha256: str
    storage_key: str
    file_name: str
    bytes: int


@dataclass(frozen=True)
class Copy:
    """An edition on its way to one reader: the name given, and when and in which zone the right was, so that a copy
    stays the same."""

    edition: EditionFile
    name: str
    since: datetime
    time_zone: str


class LinkClosed(Gone):
    """Nothing comes through this link any more; a fresh one can be asked for."""


def read_link(driver: Driver, signer: Signer, slug: str, token: str) -> DownloadLink:
    """What a pressed link stands for. Raises as `access.read_download`."""
    return find_link(driver, slug, read_key(signer, token))


def read_key(signer: Signer, token: str) -> LinkKey:
    """What stands in a link of ours, before anything is asked. Raises NotFound."""
    grant_id, file_id, expires = signer.read(Purpose.DOWNLOAD, token, 3)
    return LinkKey(grant_id, file_id, datetime.fromtimestamp(expires, UTC), link_id(token))


def find_link(driver: Driver, slug: str, key: LinkKey) -> DownloadLink:
    """As `read_link`, for a key that was read."""
    row = driver.row(_LINK, grant=key.grant_id, file=key.file_id, slug=slug)
    if row is None:
        raise NotFound("This link is not one of ours, or it was cut short.")
    revoked_at, storage_key = row
    if revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")
    return DownloadLink(key, slug, storage_key)


def record_download(
    session: Session,
    now: datetime,
    link: DownloadLink,
    visit: Visit,
    *,
    form: str = "pdf",
    rules: GateRules = STANDARD,
) -> bool:
    """`mark_download` within a session, whose Grant is read anew."""
    session.flush()
    first = mark_download(driver_of(session.connection()), now, link, visit, form=form, rules=rules)
    held = session.identity_map.get(identity_key(Grant, link.grant_id))
    if held is not None:
        session.expire(held)
    return first


def mark_download(
    driver: Driver,
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
    link.key.check_time(now)
    # Two people at one link take their turns (SQLite has one writer anyway), so that the numbers below hold.
    first = driver.change(_FIRST, grant=link.grant_id, now=now) == 1
    if not first:
        _check_standing(driver, link.grant_id)
    bounds = {"since": now - timedelta(days=1), "per_link": rules.downloads_per_link}
    line = {**_line(now, link, visit, form), **bounds, "per_day": rules.downloads_a_day}
    if driver.change(_EVIDENCE, **line) != 1:
        raise _spent(driver, line)
    return first


def _check_standing(driver: Driver, grant_id: int) -> None:
    row = driver.row(_STANDING, grant=grant_id)
    if row is None or row[0] is not None:
        raise Gone("This guide is no longer available to this address.")


def _spent(driver: Driver, line: Mapping[str, Any]) -> LinkClosed | TooMany:
    """Which of the two numbers left no room."""
    row = driver.row(_NUMBERS, grant=line["grant"], link=line["link"], since=line["since"])
    if row is None or row[0] >= line["per_link"]:
        return LinkClosed(
            "This link has been used as often as it may be.", hint="Ask for a fresh one; it takes a moment."
        )
    return TooMany(
        "This guide has been downloaded very often today.",
        hint="Wait a day, or ask for a link of your own.",
    )


def _line(now: datetime, link: DownloadLink, visit: Visit, form: str) -> dict[str, Any]:
    return {
        "grant": link.grant_id,
        "kind": GrantEventKind.DOWNLOADED,
        "now": now,
        "file": link.file_id,
        "link": link.key.link,
        "source": visit.source[:200],
        "ip": visit.ip[:45],
        "user_agent": visit.user_agent[:400],
        "detail": {"form": form},
    }


def file_token(signer: Signer, link: DownloadLink, now: datetime, rules: GateRules = STANDARD) -> str:
    """The key to the file for the person who has just taken it, good for the rules' `file_lifetime`."""
    expires = int((now + rules.file_lifetime).timestamp())
    return signer.sign(Purpose.FILE, link.grant_id, link.file_id, expires)


def read_file_token(driver: Driver, now: datetime, signer: Signer, slug: str, token: str) -> Copy:
    """The edition that this key opens, and for whom.

    Raises NotFound for a key that is not ours, of another guide, or of somebody who was erased or never took the
    guide; Gone when it has run out or the right was withdrawn.
    """
    grant_id, file_id, expires = signer.read(Purpose.FILE, token, 3)
    row = driver.row(_COPY, grant=grant_id, file=file_id, slug=slug)
    if row is None:
        raise NotFound("This link is not one of ours, or it was cut short.")
    *columns, first_name, last_name, since, time_zone, state, revoked_at = row
    if state is not GrantState.DOWNLOADED:
        raise NotFound("This link is not one of ours, or it was cut short.")
    if revoked_at is not None:
        raise Gone("This guide is no longer available to this address.")
    if now >= datetime.fromtimestamp(expires, UTC):
        raise Gone("This download has run out.", hint="Open the link in your mail again.")
    edition = EditionFile(*columns)
    return Copy(edition, f"{first_name} {last_name}".strip(), since, time_zone)
