"""People who write to us and are no subscribers, and the person that a claimed address belongs to."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.models import Correspondent
from app.foundation.addresses import Address, address_hash, parse_address
from app.foundation.errors import InvalidInput
from app.subscribers.models import Subscriber


def read_claimed(claimed: str) -> Address | None:
    """The address in a From header, where it is one we could write to."""
    try:
        return parse_address(claimed)
    except InvalidInput:
        return None


def claimed_subscriber(session: Session, address: Address) -> Subscriber | None:
    """The reader who has this address. That somebody claims it proves nothing."""
    return session.scalars(select(Subscriber).where(Subscriber.canonical == address.canonical)).one_or_none()


def ensure_correspondent(
    session: Session, now: datetime, address: Address, key: bytes, name: str = ""
) -> Correspondent:
    """The correspondent with this address; `key` is that of the address hashes."""
    found = session.scalars(
        select(Correspondent).where(Correspondent.canonical == address.canonical)
    ).one_or_none()
    if found is None:
        found = Correspondent(
            address=address.typed,
            canonical=address.canonical,
            address_hash=address_hash(address.canonical, key),
            name=" ".join(name.split())[:160],
            created_at=now,
        )
        session.add(found)
        session.flush()
    elif name and not found.name:
        found.name = " ".join(name.split())[:160]
    return found
