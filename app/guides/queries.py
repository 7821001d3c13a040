"""Questions about built guides and who has a right to them. Nothing here changes anything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.errors import NotFound
from app.foundation.paging import Page
from app.guides.models import Grant, GrantEvent, GrantState, GuideFile
from app.subscribers.models import Subscriber


@dataclass(frozen=True)
class GrantRow:
    """One reader's standing towards a guide, for lists."""

    grant_id: int
    subscriber_id: int
    address: str
    state: GrantState
    requested_at: datetime
    downloaded_at: datetime | None


def newest_file(session: Session, slug: str) -> GuideFile | None:
    """The edition of a guide that is handed out now."""
    query = select(GuideFile).where(GuideFile.slug == slug)
    return session.scalars(query.order_by(GuideFile.built_at.desc(), GuideFile.id.desc()).limit(1)).first()


def get_newest_file(session: Session, slug: str) -> GuideFile:
    """As `newest_file`. Raises NotFound while there is none: a guide that is not built cannot be promised."""
    found = newest_file(session, slug)
    if found is None:
        raise NotFound("There is no guide at this address.")
    return found


def get_file(session: Session, file_id: int) -> GuideFile:
    """An edition by its number. Raises NotFound."""
    found = session.get(GuideFile, file_id)
    if found is None:
        raise NotFound("There is no edition under that number.")
    return found


def published_guides(session: Session) -> tuple[GuideFile, ...]:
    """The newest edition of every guide, the one published first leading."""
    rows = session.scalars(select(GuideFile).order_by(GuideFile.built_at, GuideFile.id))
    newest: dict[str, GuideFile] = {}
    for row in rows:
        newest[row.slug] = row
    return tuple(newest.values())


def find_grant(session: Session, subscriber_id: int, slug: str) -> Grant | None:
    """This reader's right to this guide."""
    query = select(Grant).where(Grant.subscriber_id == subscriber_id, Grant.slug == slug)
    return session.scalars(query).one_or_none()


def grants_of(session: Session, subscriber_id: int) -> list[Grant]:
    """What this reader may have, the first asked for first."""
    return list(session.scalars(select(Grant).where(Grant.subscriber_id == subscriber_id).order_by(Grant.id)))


def reader_name(session: Session, grant: Grant) -> str:
    """The name its reader gave, or nothing."""
    reader = session.get_one(Subscriber, grant.subscriber_id)
    return f"{reader.first_name} {reader.last_name}".strip()


def grant_trail(session: Session, grant_id: int, *, limit: int = 500) -> tuple[GrantEvent, ...]:
    """What happened to a grant, in order."""
    query = select(GrantEvent).where(GrantEvent.grant_id == grant_id).order_by(GrantEvent.id).limit(limit)
    return tuple(session.scalars(query))


def edition_names(session: Session, slug: str) -> dict[int, str]:
    """The labels of a guide's editions by their numbers."""
    rows = session.execute(select(GuideFile.id, GuideFile.edition).where(GuideFile.slug == slug))
    return dict(rows.all())


def count_grants(session: Session, slug: str) -> dict[GrantState, int]:
    """How many grants stand in each state; every state is present."""
    counts = dict.fromkeys(GrantState, 0)
    rows = session.execute(select(Grant.state, func.count()).where(Grant.slug == slug).group_by(Grant.state))
    counts.update(dict(rows.all()))
    return counts


def grant_page(
    session: Session, slug: str, *, state: GrantState | None = None, page: int = 1, per_page: int = 50
) -> Page[GrantRow]:
    """Who asked for a guide, newest first."""
    query = (
        select(Grant, Subscriber.address)
        .join(Subscriber, Subscriber.id == Grant.subscriber_id)
        .where(Grant.slug == slug)
    )
    if state is not None:
        query = query.where(Grant.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    chosen = query.order_by(Grant.id.desc()).limit(per_page).offset((page - 1) * per_page)
    rows = tuple(
        GrantRow(grant.id, grant.subscriber_id, address, grant.state, grant.requested_at, grant.downloaded_at)
        for grant, address in session.execute(chosen)
    )
    return Page(rows, page, per_page, total)
