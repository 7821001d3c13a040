"""Sending an Edition once more, to those only for whom no copy was accepted. Who has one gets no second.

A resend keeps the Edition and opens a new occasion, so the ledger shows both and its identity holds.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from app.delivery.editions import get_edition
from app.delivery.eligibility import exclusion_of
from app.delivery.ledger import add_audience, cut_chunks
from app.delivery.models import (
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    Outcome,
    OutcomeState,
    RecipientKind,
)
from app.foundation.db import changed_rows
from app.foundation.errors import Conflict
from app.foundation.jobs import BULK, ring_after_commit
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
    before = session.scalar(select(func.max(Delivery.id))) or 0
    occasions = select(func.count(Delivery.occasion.distinct())).where(Delivery.edition_id == edition_id)
    occasion = f"again:{session.scalar(occasions) or 1}"
    people = _unreached(edition, uncertain).subquery()
    rows = select(
        literal(edition_id), literal(RecipientKind.SUBSCRIBER, _KIND), people.c.id, literal(occasion)
    ).order_by(people.c.id)
    columns = ["edition_id", "recipient_kind", "recipient_id", "occasion"]
    queued = changed_rows(
        session, insert(Delivery).from_select(columns, rows).execution_options(preserve_rowcount=True)
    )
    if not queued:
        raise Conflict("There is nobody without a copy who may be mailed.")
    cut_chunks(session, now, edition_id, before)
    add_audience(session, edition_id, queued, 0)
    session.refresh(edition)
    ring_after_commit(session, "sending.send_edition", edition_id, queue=BULK)
    return queued


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
