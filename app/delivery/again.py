"""Sending an Edition once more: to those for whom no copy was accepted, to those who joined since, or to one person.

A resend keeps the Edition and opens a new occasion, so the ledger shows both, its identity holds, and the second copy
has a Message-ID of its own. Nobody gets a second copy but the one person for whom the author asks for it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from app.delivery.editions import get_edition
from app.delivery.eligibility import exclusion_of
from app.delivery.ledger import add_audience, chunk_of_one, cut_chunks
from app.delivery.models import (
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    Outcome,
    OutcomeState,
    RecipientKind,
)
from app.delivery.queries import DeliveryState, copies_of
from app.foundation.db import changed_rows
from app.foundation.errors import Conflict, NotFound
from app.foundation.jobs import BULK, HIGH, ring_after_commit
from app.subscribers.models import Subscriber

_KIND = Delivery.recipient_kind.type


def unreached(session: Session, edition_id: int, *, uncertain: bool = False) -> int:
    """How many of a bulk Edition's audience have no accepted copy and none under way, and may be mailed today.

    `uncertain`: also those whose copy may have arrived. Raises NotFound.
    """
    people = _unreached(get_edition(session, edition_id), uncertain).subquery()
    return session.scalar(select(func.count()).select_from(people)) or 0


def send_to_unreached(session: Session, now: datetime, edition_id: int, *, uncertain: bool = False) -> int:
    """Queue the Edition for them on a new occasion; how many. Rings after commit.

    Raises Conflict for an Edition that is not done, and when there is nobody: a form sent twice does nothing twice.
    """
    edition = _reopen(session, edition_id)
    occasions = select(func.count(Delivery.occasion.distinct())).where(Delivery.edition_id == edition_id)
    occasion = f"again:{session.scalar(occasions) or 1}"
    queued = _queue(session, now, edition, _unreached(edition, uncertain), occasion)
    if not queued:
        raise Conflict("There is nobody without a copy who may be mailed.")
    return queued


def newcomers(session: Session, edition_id: int) -> int:
    """How many may be mailed today for whom the ledger has no line, because they joined since. Raises NotFound."""
    people = _newcomers(get_edition(session, edition_id)).subquery()
    return session.scalar(select(func.count()).select_from(people)) or 0


def send_to_newcomers(session: Session, now: datetime, edition_id: int) -> int:
    """Queue their first copy; how many. Rings after commit.

    Raises Conflict for an Edition that is not done, and when nobody joined since.
    """
    edition = _reopen(session, edition_id)
    queued = _queue(session, now, edition, _newcomers(edition), "")
    if not queued:
        raise Conflict("Nobody has joined since.")
    return queued


def send_to_one(session: Session, now: datetime, edition_id: int, subscriber_id: int) -> Delivery:
    """A second copy for one reader who asked for it, or a first one for a reader whom it never reached.

    Raises NotFound; Conflict while a copy is on its way, for whoever must not be mailed, and for an Edition that
    is paused or stopped.
    """
    edition = get_edition(session, edition_id)
    theirs = copies_of(session, edition_id, RecipientKind.SUBSCRIBER, subscriber_id)
    if any(each.state in _UNDER_WAY for each in theirs):
        raise Conflict("A copy for this reader is on its way already.")
    why = session.execute(
        select(exclusion_of(EditionClass.BULK, edition.topic_id)).where(Subscriber.id == subscriber_id)
    ).one_or_none()
    if why is None:
        raise NotFound("There is no such reader.")
    if why[0] is not None:
        raise Conflict(f"This reader must not be mailed: {why[0].value}.")
    if edition.state is not EditionState.SENDING:
        _reopen(session, edition_id)
    delivery = Delivery(
        edition_id=edition_id,
        recipient_kind=RecipientKind.SUBSCRIBER,
        recipient_id=subscriber_id,
        occasion=f"resend:{len(theirs)}",
    )
    session.add(delivery)
    session.flush()
    session.add(chunk_of_one(delivery, now))
    add_audience(session, edition_id, 1, 0)
    session.refresh(edition)
    ring_after_commit(session, "sending.send_edition", edition_id, queue=HIGH)
    return delivery


_UNDER_WAY = (DeliveryState.QUEUED, DeliveryState.IN_FLIGHT, DeliveryState.DEFERRED)


def _reopen(session: Session, edition_id: int) -> Edition:
    """A finished bulk Edition goes out again. Raises NotFound and Conflict."""
    edition = get_edition(session, edition_id)
    claimed = changed_rows(
        session,
        update(Edition)
        .where(
            Edition.id == edition_id,
            Edition.state == EditionState.DONE,
            Edition.edition_class == EditionClass.BULK,
        )
        .values(state=EditionState.SENDING, finished_at=None, gated_at=None),
    )
    if claimed != 1:
        raise Conflict(f"It is {edition.state.value}; only what has gone out can be sent once more.")
    return edition


def _queue(session: Session, now: datetime, edition: Edition, who: Select[Any], occasion: str) -> int:
    """Deliveries and chunks for these subscribers; how many."""
    before = session.scalar(select(func.max(Delivery.id))) or 0
    ids = who.subquery()
    rows = select(
        literal(edition.id), literal(RecipientKind.SUBSCRIBER, _KIND), ids.c.id, literal(occasion)
    ).order_by(ids.c.id)
    columns = ["edition_id", "recipient_kind", "recipient_id", "occasion"]
    queued = changed_rows(
        session, insert(Delivery).from_select(columns, rows).execution_options(preserve_rowcount=True)
    )
    cut_chunks(session, now, edition.id, before)
    add_audience(session, edition.id, queued, 0)
    session.refresh(edition)
    ring_after_commit(session, "sending.send_edition", edition.id, queue=BULK)
    return queued


def _newcomers(edition: Edition) -> Select[Any]:
    """Ids of subscribers who may have it and have no delivery of it."""
    has_one = exists(
        select(literal(1)).where(
            Delivery.edition_id == edition.id,
            Delivery.recipient_kind == RecipientKind.SUBSCRIBER,
            Delivery.recipient_id == Subscriber.id,
        )
    )
    may_be_mailed = exclusion_of(EditionClass.BULK, edition.topic_id).is_(None)
    return select(Subscriber.id).where(~has_one, may_be_mailed)


def _unreached(edition: Edition, uncertain: bool) -> Select[Any]:
    """Ids of subscribers each of whose deliveries has come to an end without a copy being accepted."""
    ended = [OutcomeState.FAILED, OutcomeState.EXCLUDED]
    if uncertain:
        ended.append(OutcomeState.UNCERTAIN)
    theirs, other = aliased(Delivery), aliased(Delivery)
    over = exists(
        select(literal(1)).where(
            Outcome.delivery_id == other.id, Outcome.attempt == other.attempt, Outcome.state.in_(ended)
        )
    )
    has_or_may_get_one = exists(
        select(literal(1)).where(
            other.edition_id == edition.id,
            other.recipient_kind == RecipientKind.SUBSCRIBER,
            other.recipient_id == Subscriber.id,
            other.exclusion.is_(None),
            ~over,
        )
    )
    meant_for = exists(
        select(literal(1)).where(
            theirs.edition_id == edition.id,
            theirs.recipient_kind == RecipientKind.SUBSCRIBER,
            theirs.recipient_id == Subscriber.id,
        )
    )
    may_be_mailed = exclusion_of(EditionClass.BULK, edition.topic_id).is_(None)
    return select(Subscriber.id).where(and_(meant_for, ~has_or_may_get_one, may_be_mailed))
