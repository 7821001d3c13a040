"""Who got what: the people of an Edition, and everything one person was ever sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.delivery.ledger import LedgerCounts, count
from app.delivery.models import (
    LEFT_AS_IT_IS,
    Chunk,
    ChunkState,
    Correspondent,
    Delivery,
    Edition,
    Outcome,
    OutcomeState,
    RecipientKind,
)
from app.foundation.paging import Page
from app.subscribers.models import Subscriber


class DeliveryState(StrEnum):
    """The terms of the ledger's identity, as they stand for one delivery."""

    QUEUED = "queued"
    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    EXCLUDED = "excluded"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Person:
    """One delivery of an Edition and where it stands. Empty address: erased since."""

    delivery_id: int
    recipient_kind: RecipientKind
    recipient_id: int
    address: str
    name: str
    state: DeliveryState
    attempt: int
    occasion: str
    at: datetime | None
    code: int | None
    enhanced: str
    reply: str


@dataclass(frozen=True)
class Event:
    """One mail to one person, and what became of each attempt, oldest first."""

    delivery_id: int
    edition_id: int
    subject: str
    state: DeliveryState
    occasion: str
    queued_at: datetime | None
    attempts: tuple["Attempt", ...]


@dataclass(frozen=True)
class Attempt:
    """What the relay said once."""

    number: int
    state: OutcomeState
    at: datetime
    code: int | None
    enhanced: str
    reply: str


def people(
    session: Session,
    edition_id: int,
    *,
    state: DeliveryState | None = None,
    search: str = "",
    page: int = 1,
    per_page: int = 50,
) -> Page[Person]:
    """The deliveries of an Edition in order, all or those in one state; `search` looks into address and name and
    takes % and _ literally (A33). Raises NotFound.
    """
    counts = count(session, edition_id)
    statement = _people(edition_id)
    if state is not None:
        statement = statement.where(*_in_state(state))
    total = _total(counts, state)
    if search.strip():
        statement = statement.where(_named(search.strip().lower()))
        total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    rows = session.execute(statement.order_by(*_ORDER).limit(per_page).offset((page - 1) * per_page))
    items = tuple(_person(row) for row in rows)
    return Page(items, page, per_page, total)


def copies_of(
    session: Session, edition_id: int, recipient_kind: RecipientKind, recipient_id: int
) -> tuple[Person, ...]:
    """Every delivery of an Edition to one recipient, the first occasion first."""
    rows = session.execute(
        _people(edition_id)
        .where(Delivery.recipient_kind == recipient_kind, Delivery.recipient_id == recipient_id)
        .order_by(Delivery.id)
    )
    return tuple(_person(row) for row in rows)


def undecided(session: Session, edition_id: int) -> list[int]:
    """Uncertain deliveries of an Edition about which the author has not decided yet."""
    statement = (
        select(Delivery.id)
        .join(Chunk, _chunk_of())
        .join(Outcome, _current_outcome())
        .where(
            Delivery.edition_id == edition_id,
            Chunk.uncertain > 0,
            Outcome.state == OutcomeState.UNCERTAIN,
            Outcome.reply != LEFT_AS_IT_IS,
        )
    )
    return list(session.scalars(statement.order_by(Delivery.id)))


def recipients_of(session: Session, delivery_ids: Collection[int]) -> set[tuple[RecipientKind, int]]:
    """To whom these deliveries go."""
    query = select(Delivery.recipient_kind, Delivery.recipient_id).where(Delivery.id.in_(delivery_ids))
    return {(kind, number) for kind, number in session.execute(query)}


def history(session: Session, recipient_kind: RecipientKind, recipient_id: int) -> tuple[Event, ...]:
    """Everything one recipient was or was not sent, newest first."""
    rows = session.execute(
        select(Delivery, Edition.subject, _state(), Edition.opened_at)
        .join(Edition, Edition.id == Delivery.edition_id)
        .outerjoin(Chunk, _chunk_of())
        .outerjoin(Outcome, _current_outcome())
        .where(Delivery.recipient_kind == recipient_kind, Delivery.recipient_id == recipient_id)
        .order_by(Delivery.id.desc())
    ).all()
    attempts: dict[int, list[Attempt]] = {}
    ids = [delivery.id for delivery, *_ in rows]
    for outcome in session.scalars(
        select(Outcome).where(Outcome.delivery_id.in_(ids)).order_by(Outcome.delivery_id, Outcome.attempt)
    ):
        attempts.setdefault(outcome.delivery_id, []).append(
            Attempt(outcome.attempt, outcome.state, outcome.at, outcome.code, outcome.enhanced, outcome.reply)
        )
    return tuple(
        Event(
            delivery.id,
            delivery.edition_id,
            subject,
            DeliveryState(state),
            delivery.occasion,
            delivery.queued_at or opened_at,
            tuple(attempts.get(delivery.id, ())),
        )
        for delivery, subject, state, opened_at in rows
    )


_ORDER = (Delivery.recipient_id, Delivery.recipient_kind, Delivery.occasion)
"""That of the unique index, so that the first page of a million needs no sorting."""


def _people(edition_id: int) -> Any:
    return (
        select(
            Delivery.id,
            Delivery.recipient_kind,
            Delivery.recipient_id,
            func.coalesce(Subscriber.address, Author.email, Correspondent.address),
            func.coalesce(
                Subscriber.first_name + literal(" ") + Subscriber.last_name, Author.name, Correspondent.name
            ),
            _state(),
            Delivery.attempt,
            Delivery.occasion,
            Outcome.at,
            Outcome.code,
            Outcome.enhanced,
            Outcome.reply,
            Delivery.exclusion,
        )
        .outerjoin(Subscriber, _is(RecipientKind.SUBSCRIBER, Subscriber))
        .outerjoin(Author, _is(RecipientKind.AUTHOR, Author))
        .outerjoin(Correspondent, _is(RecipientKind.CORRESPONDENT, Correspondent))
        .outerjoin(Chunk, _chunk_of())
        .outerjoin(Outcome, _current_outcome())
        .where(Delivery.edition_id == edition_id)
    )


def _named(term: str) -> ColumnElement[bool]:
    columns = (
        Subscriber.canonical,
        Subscriber.first_name,
        Subscriber.last_name,
        Author.email,
        Correspondent.address,
    )
    return or_(*(func.lower(column).contains(term, autoescape=True) for column in columns))


def _is(kind: RecipientKind, table: type[Any]) -> ColumnElement[bool]:
    return and_(Delivery.recipient_kind == kind, table.id == Delivery.recipient_id)


def _chunk_of() -> ColumnElement[bool]:
    return and_(
        Chunk.edition_id == Delivery.edition_id,
        Delivery.id.between(Chunk.first_id, Chunk.last_id),
        Delivery.exclusion.is_(None),
    )


def _current_outcome() -> ColumnElement[bool]:
    return and_(Outcome.delivery_id == Delivery.id, Outcome.attempt == Delivery.attempt)


def _state() -> ColumnElement[str]:
    return case(
        (Delivery.exclusion.is_not(None), literal(DeliveryState.EXCLUDED.value)),
        (Outcome.state.is_not(None), Outcome.state.cast(Delivery.occasion.type)),
        (Chunk.state == ChunkState.LEASED, literal(DeliveryState.IN_FLIGHT.value)),
        else_=literal(DeliveryState.QUEUED.value),
    )


def _in_state(state: DeliveryState) -> tuple[ColumnElement[bool], ...]:
    """Conditions for one state; the chunks' counters keep a rare state from being looked for among a million."""
    if state in {DeliveryState.QUEUED, DeliveryState.IN_FLIGHT}:
        leased = Chunk.state == ChunkState.LEASED
        return (Outcome.state.is_(None), leased if state is DeliveryState.IN_FLIGHT else ~leased)
    if state is DeliveryState.EXCLUDED:
        return ((Delivery.exclusion.is_not(None) | (Outcome.state == OutcomeState.EXCLUDED)),)
    return (getattr(Chunk, state.value) > 0, Outcome.state == OutcomeState(state.value))


def _person(row: Any) -> Person:
    """A row of `_people`; somebody excluded at opening shows the reason where others show the relay's words."""
    (
        delivery_id,
        kind,
        recipient_id,
        address,
        name,
        state,
        attempt,
        occasion,
        at,
        code,
        enhanced,
        reply,
        why,
    ) = row
    return Person(
        delivery_id=delivery_id,
        recipient_kind=kind,
        recipient_id=recipient_id,
        address=address or "",
        name=(name or "").strip(),
        state=DeliveryState(state),
        attempt=attempt,
        occasion=occasion,
        at=at,
        code=code,
        enhanced=enhanced or "",
        reply=reply or (why.value if why else ""),
    )


def _total(counts: LedgerCounts, state: DeliveryState | None) -> int:
    return counts.audience if state is None else int(getattr(counts, state.value))
