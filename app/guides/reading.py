"""Who may read the web edition: whoever has a grant, shown by a cookie that only a button press sets.

A token in each chapter's address would be handed on with every link that a reader shares; a cookie stays where it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.foundation.errors import Gone, NotFound
from app.foundation.tokens import Purpose, Signer
from app.guides.models import Grant
from app.subscribers.models import Subscriber

READER_LIFETIME = timedelta(days=365)


@dataclass(frozen=True)
class GuideReader:
    """Somebody who may read the whole guide, and what orders its chapters."""

    grant_id: int
    function: str | None


def reader_token(signer: Signer, grant_id: int, now: datetime) -> str:
    """What the cookie carries, good for READER_LIFETIME."""
    return signer.sign(Purpose.READER, grant_id, int((now + READER_LIFETIME).timestamp()))


def read_reader(session: Session, now: datetime, signer: Signer, slug: str, token: str) -> GuideReader:
    """The reader behind a cookie.

    Raises NotFound for a token that is not ours, of another guide, or of somebody who was erased; Gone when it has
    run out or the right was withdrawn.
    """
    grant_id, expires = signer.read(Purpose.READER, token, 2)
    grant = session.get(Grant, grant_id)
    if grant is None or grant.slug != slug:
        raise NotFound("This guide was not opened here.")
    if grant.revoked_at is not None or now >= datetime.fromtimestamp(expires, UTC):
        raise Gone("This guide is no longer open here.")
    function = session.get_one(Subscriber, grant.subscriber_id).function
    return GuideReader(grant.id, function.value if function else None)
