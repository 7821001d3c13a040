"""The ledger: who is to get an Edition, frozen by set-based statements, and the numbers that always add up.

audience = queued + in_flight + accepted + deferred + failed + excluded + uncertain, at every moment (promise 1).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.delivery.editions import get_edition
from app.delivery.eligibility import already_served, audience_of, correspondent_exclusion, exclusion_of
from app.delivery.models import (
    DEADLINE,
    Chunk,
    ChunkState,
    Correspondent,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    RecipientKind,
)
from app.foundation.db import changed_rows, unindexed
from app.foundation.errors import Conflict, InvalidInput, NotFound
from app.foundation.jobs import BULK, HIGH, ring_after_commit
from app.subscribers.models import Function, Subscriber, Subscription

CHUNK_SIZE: Final = 500

_KIND = Delivery.recipient_kind.type


@dataclass(frozen=True)
class LedgerCounts:
    """The identity of one Edition."""

    audience: int
    queued: int
    in_flight: int
    accepted: int
    deferred: int
    failed: int
    excluded: int
    uncertain: int

    @property
    def adds_up(self) -> bool:
        return self.audience == (
            self.queued
            + self.in_flight
            + self.accepted
            + self.deferred
            + self.failed
            + self.excluded
            + self.uncertain
        )

    @property
    def open(self) -> int:
        """Deliveries that may still be sent."""
        return self.queued + self.in_flight + self.deferred


def open_ledger(
    session: Session,
    now: datetime,
    edition_id: int,
    *,
    function: Function | None = None,
    unless_sent: int | None = None,
) -> LedgerCounts:
    """Freeze the audience of a bulk Edition: a Delivery for everybody with its topic on, or for those of them with
    this `function`; excluded ones with their reason, whoever is mailed the Edition `unless_sent` among them; cut
    into chunks. Opening an open ledger again changes nothing.

    Raises NotFound, and Conflict for an Edition that is not bulk.
    """
    edition = get_edition(session, edition_id)
    if edition.edition_class is not EditionClass.BULK or edition.topic_id is None:
        raise Conflict("Only bulk mail has an audience.", field="edition")
    claimed = changed_rows(
        session,
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.OPEN)
        .values(state=EditionState.SENDING, opened_at=now),
    )
    if claimed == 1:
        before = session.scalar(select(func.max(Delivery.id))) or 0
        everybody = _insert_audience(session, edition, edition.topic_id, function, unless_sent)
        mailable = cut_chunks(session, now, edition_id, before)
        add_audience(session, edition_id, everybody, everybody - mailable)
        ring_after_commit(session, "sending.send_edition", edition_id, queue=BULK)
    session.refresh(edition)
    return count(session, edition_id)


def cut_chunks(session: Session, now: datetime, edition_id: int, after_id: int) -> int:
    """Chunks over the Edition's deliveries with ids above `after_id`, in order; how many they hold.

    Each is what stands within 500 ids, so at most 500: counting rows off would have to sort them all.
    """
    ranges = (
        select(
            literal(edition_id),
            func.min(Delivery.id),
            func.max(Delivery.id),
            func.count(),
            literal(ChunkState.QUEUED, Chunk.state.type),
            literal(now + DEADLINE, Chunk.give_up_at.type),
        )
        .where(
            unindexed(Delivery.edition_id) == edition_id,
            Delivery.id > after_id,
            Delivery.exclusion.is_(None),
        )
        .group_by((Delivery.id - (after_id + 1)) // CHUNK_SIZE)
        .order_by(func.min(Delivery.id))
    )
    columns = ["edition_id", "first_id", "last_id", "size", "state", "give_up_at"]
    session.execute(insert(Chunk).from_select(columns, ranges))
    held = select(func.sum(Chunk.size)).where(Chunk.edition_id == edition_id, Chunk.first_id > after_id)
    return int(session.scalar(held) or 0)


def queue_delivery(
    session: Session,
    now: datetime,
    *,
    edition_id: int,
    recipient_kind: RecipientKind,
    recipient_id: int,
    occasion: str = "",
    slots: dict[str, Any] | None = None,
) -> Delivery:
    """One mail to one person: confirmation, guide, notice, follow-up, test. The same occasion again gives the same
    Delivery. Whoever must not be mailed gets a row with the reason and no mail. Rings the `high` queue after commit.

    Raises NotFound when there is no such Edition or recipient, Conflict when the Edition was stopped.
    """
    edition = get_edition(session, edition_id)
    if edition.state in {EditionState.STOPPED, EditionState.DONE}:
        raise Conflict("This mail was stopped; nothing more is sent with it.", field="edition")
    if len(occasion) > 64:
        raise InvalidInput("An occasion has at most 64 characters.", field="occasion")
    wanted = {
        "edition_id": edition_id,
        "recipient_kind": recipient_kind,
        "recipient_id": recipient_id,
        "occasion": occasion,
    }
    found = session.execute(select(Delivery).filter_by(**wanted)).scalar_one_or_none()
    if found is not None:
        return found
    exclusion = _exclusion_now(session, edition, recipient_kind, recipient_id)
    delivery = Delivery(**wanted, exclusion=exclusion, slots=slots, queued_at=now)
    try:
        with session.begin_nested():
            session.add(delivery)
    except IntegrityError:
        return session.execute(select(Delivery).filter_by(**wanted)).scalar_one()
    if exclusion is None:
        session.add(chunk_of_one(delivery, now))
        session.flush()
        ring_after_commit(session, "sending.send_edition", edition_id, queue=HIGH)
    return delivery


def count(session: Session, edition_id: int) -> LedgerCounts:
    """The ledger's numbers now. Raises NotFound."""
    edition = get_edition(session, edition_id)
    total = {name: func.coalesce(func.sum(getattr(Chunk, name)), 0) for name in _COUNTERS}
    rows = session.execute(
        select(Chunk.state, *total.values()).where(Chunk.edition_id == edition_id).group_by(Chunk.state)
    )
    sums = {state: dict(zip(_COUNTERS, map(int, numbers), strict=True)) for state, *numbers in rows}
    totals = {name: sum(counters[name] for counters in sums.values()) for name in _COUNTERS}

    def waiting(state: ChunkState) -> int:
        counters = sums.get(state, {})
        return counters.get("size", 0) - sum(counters.get(name, 0) for name in _COUNTERS[1:])

    excluded = edition.excluded if edition.opened_at else _excluded_rows(session, edition_id)
    audience = edition.audience if edition.opened_at else totals["size"] + excluded
    return LedgerCounts(
        audience=audience,
        queued=waiting(ChunkState.QUEUED),
        in_flight=waiting(ChunkState.LEASED),
        accepted=totals["accepted"],
        deferred=totals["deferred"],
        failed=totals["failed"],
        excluded=excluded + totals["excluded"],
        uncertain=totals["uncertain"],
    )


_COUNTERS = ("size", "accepted", "deferred", "failed", "excluded", "uncertain")


def _insert_audience(
    session: Session, edition: Edition, topic_id: int, function: Function | None, unless_sent: int | None
) -> int:
    exclusion = exclusion_of(edition.edition_class, None)
    if unless_sent is not None:
        exclusion = func.coalesce(exclusion, already_served(unless_sent))
    everybody = (
        select(
            literal(edition.id),
            literal(RecipientKind.SUBSCRIBER, _KIND),
            Subscriber.id,
            literal(""),
            exclusion,
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(audience_of(topic_id))
        .order_by(Subscriber.id)
    )
    if function is not None:
        everybody = everybody.where(Subscriber.function == function)
    columns = ["edition_id", "recipient_kind", "recipient_id", "occasion", "exclusion"]
    return changed_rows(
        session,
        insert(Delivery).from_select(columns, everybody).execution_options(preserve_rowcount=True),
    )


def add_audience(session: Session, edition_id: int, everybody: int, excluded: int) -> None:
    """The audience of an Edition grows by deliveries that were written just now."""
    session.execute(
        update(Edition)
        .where(Edition.id == edition_id)
        .values(audience=Edition.audience + everybody, excluded=Edition.excluded + excluded)
    )


def _excluded_rows(session: Session, edition_id: int) -> int:
    return (
        session.scalar(
            select(func.count()).where(Delivery.edition_id == edition_id, Delivery.exclusion.is_not(None))
        )
        or 0
    )


def _exclusion_now(session: Session, edition: Edition, kind: RecipientKind, recipient_id: int) -> Any:
    """Why this one recipient must not be mailed. Raises NotFound."""
    if kind is RecipientKind.SUBSCRIBER:
        rule = exclusion_of(edition.edition_class, edition.topic_id)
        found = session.execute(
            select(Subscriber.id, rule).where(Subscriber.id == recipient_id)
        ).one_or_none()
    elif kind is RecipientKind.CORRESPONDENT:
        rule = correspondent_exclusion(edition.edition_class)
        found = session.execute(
            select(Correspondent.id, rule).where(Correspondent.id == recipient_id)
        ).one_or_none()
    else:
        found = session.execute(
            select(Author.id, literal(None)).where(Author.id == recipient_id)
        ).one_or_none()
    if found is None:
        raise NotFound("There is nobody to send this to.", field="recipient_id")
    return found[1]


def chunk_of_one(delivery: Delivery, now: datetime) -> Chunk:
    """For a delivery that goes out by itself."""
    return Chunk(
        edition_id=delivery.edition_id,
        first_id=delivery.id,
        last_id=delivery.id,
        size=1,
        state=ChunkState.QUEUED,
        give_up_at=now + DEADLINE,
    )
