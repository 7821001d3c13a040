"""What an author does to one reader's right to a guide; each act leaves its line of evidence."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import NotFound
from app.guides.access import Visit, append_event
from app.guides.models import Grant, GrantEventKind


def get_grant(session: Session, slug: str, grant_id: int) -> Grant:
    """The grant of this guide. Raises NotFound."""
    grant = session.get(Grant, grant_id)
    if grant is None or grant.slug != slug:
        raise NotFound("Nobody asked for this guide under that number.")
    return grant


def revoke_grant(session: Session, now: datetime, grant: Grant, *, by: str) -> bool:
    """Every link of this reader closes at once; False when it was closed already."""
    return _mark(session, now, grant, now, GrantEventKind.REVOKED, by)


def restore_grant(session: Session, now: datetime, grant: Grant, *, by: str) -> bool:
    """Take a withdrawal back; links that have not run out work again."""
    return _mark(session, now, grant, None, GrantEventKind.RESTORED, by)


def _mark(
    session: Session, now: datetime, grant: Grant, revoked_at: datetime | None, kind: GrantEventKind, by: str
) -> bool:
    other = Grant.revoked_at.is_(None) if revoked_at else Grant.revoked_at.is_not(None)
    changed = changed_rows(
        session,
        update(Grant)
        .where(Grant.id == grant.id, other)
        .values(revoked_at=revoked_at)
        .execution_options(synchronize_session=False),
    )
    session.refresh(grant)
    if changed == 1:
        append_event(session, now, grant, kind, Visit(), by=by[:80])
    return changed == 1
