"""Who is behind a thread: a reader of ours, a correspondent, or somebody whose address cannot be written to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.conversation.models import Thread
from app.delivery.composing import FUNCTION_WORDS
from app.delivery.models import Correspondent, RecipientKind
from app.subscribers.models import Subscriber, SuppressionReason
from app.subscribers.suppression import reasons_in_force


@dataclass(frozen=True)
class Person:
    """`kind` is None when there is nobody to write to. `since` is when they came, or wrote first."""

    kind: RecipientKind | None
    id: int = 0
    name: str = ""
    address: str = ""
    function: str = ""
    since: datetime | None = None
    suppressed: tuple[SuppressionReason, ...] = ()

    @property
    def called(self) -> str:
        """The name, or the address where we know none."""
        return self.name or self.address or "Somebody"

    @property
    def can_be_answered(self) -> bool:
        return self.kind is not None and bool(self.address)


def person_of(session: Session, thread: Thread) -> Person:
    """The one whose thread it is."""
    if thread.subscriber_id is not None:
        return describe_reader(session, session.get_one(Subscriber, thread.subscriber_id))
    if thread.correspondent_id is None:
        return Person(None)
    return describe_correspondent(session, session.get_one(Correspondent, thread.correspondent_id))


def describe_reader(session: Session, subscriber: Subscriber) -> Person:
    return Person(
        RecipientKind.SUBSCRIBER,
        subscriber.id,
        f"{subscriber.first_name} {subscriber.last_name}".strip(),
        subscriber.address,
        FUNCTION_WORDS[subscriber.function] if subscriber.function else "",
        subscriber.created_at,
        reasons_in_force(session, subscriber.address_hash),
    )


def describe_correspondent(session: Session, correspondent: Correspondent) -> Person:
    return Person(
        RecipientKind.CORRESPONDENT,
        correspondent.id,
        correspondent.name,
        correspondent.address,
        "",
        correspondent.created_at,
        reasons_in_force(session, correspondent.address_hash),
    )
