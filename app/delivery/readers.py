"""The people behind a range of deliveries, with what their messages need and whether they may have them now."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import String, bindparam, exists, func, literal, select, type_coerce
from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.delivery.composing import Reader
from app.delivery.eligibility import correspondent_exclusion, exclusion_of
from app.delivery.models import Correspondent, Delivery, EditionClass, Outcome, RecipientKind
from app.foundation.db import table_of, unindexed
from app.subscribers.models import Subscriber


class Range(Protocol):
    """Deliveries of one Edition by their ids, both ends included; a chunk is one."""

    @property
    def edition_id(self) -> int: ...
    @property
    def first_id(self) -> int: ...
    @property
    def last_id(self) -> int: ...


@dataclass(frozen=True)
class Deliveries:
    """A Range by itself."""

    edition_id: int
    first_id: int
    last_id: int


def candidates(
    session: Session, edition_class: EditionClass, topic_id: int | None, among: Range, *, anew: bool
) -> list[Any]:
    """A row for each delivery of the range without an outcome for its current attempt, in order: the fields of
    Reader, and why the person must not be mailed now or None. No address: erased.

    `anew`: nothing was ever tried there, so there are no outcomes to look for.
    """
    connection = session.connection()
    given = {"p_first": among.first_id, "p_last": among.last_id, "p_edition": among.edition_id}
    kinds = (RecipientKind.SUBSCRIBER,) if edition_class is EditionClass.BULK else tuple(RecipientKind)
    rows: list[Any] = []
    for kind in kinds:
        if connection.dialect.name == "sqlite":
            said = connection.execute(_as_one_value(kind, edition_class, topic_id, anew), given).scalar_one()
            rows += map(_read_row, sorted(json.loads(said)))
        else:
            rows += connection.execute(_statement(kind, edition_class, topic_id, anew), given).all()
    return rows


def readers_of(
    session: Session, edition_class: EditionClass, topic_id: int | None, among: Range
) -> list[Reader]:
    """Everybody of the range as a lease would give them, without a lease: for checking beforehand."""
    rows = candidates(session, edition_class, topic_id, among, anew=True)
    return [Reader._make(row[:9]) for row in rows if row[4] is not None]


_TABLES = {
    RecipientKind.SUBSCRIBER: table_of(Subscriber),
    RecipientKind.AUTHOR: table_of(Author),
    RecipientKind.CORRESPONDENT: table_of(Correspondent),
}
_D = table_of(Delivery).c
_O = table_of(Outcome).c


@lru_cache(maxsize=256)
def _statement(kind: RecipientKind, edition_class: EditionClass, topic_id: int | None, anew: bool) -> Any:
    """Plain columns of the tables, and strings where they are enumerations: half a million objects and conversions
    would be for nothing."""
    table = _TABLES[kind]
    person = table.c
    name: Any = literal("")
    function: Any = literal(None)
    why: Any = literal(None)
    if kind is RecipientKind.SUBSCRIBER:
        name, function = person.first_name, type_coerce(person.function, String)
        why = type_coerce(exclusion_of(edition_class, topic_id), String)
    elif kind is RecipientKind.CORRESPONDENT:
        why = type_coerce(correspondent_exclusion(edition_class), String)
    bulk = edition_class is EditionClass.BULK
    statement = (
        select(
            _D.id,
            _D.attempt,
            literal(kind.value, String).label("kind"),
            _D.recipient_id,
            person.email if kind is RecipientKind.AUTHOR else person.address,
            name.label("name"),
            function.label("function"),
            _D.slots,
            (literal(None) if bulk else _D.queued_at).label("queued_at"),
            why.label("why"),
        )
        .select_from(table_of(Delivery).outerjoin(table, person.id == _D.recipient_id))
        .where(
            _D.id.between(bindparam("p_first"), bindparam("p_last")),
            unindexed(_D.edition_id) == bindparam("p_edition"),
            unindexed(_D.recipient_kind) == kind,
            _D.exclusion.is_(None),
        )
        .order_by(_D.id)
    )
    answered = exists(select(literal(1)).where(_O.delivery_id == _D.id, _O.attempt == _D.attempt))
    return statement if anew else statement.where(~answered)


@lru_cache(maxsize=256)
def _as_one_value(kind: RecipientKind, edition_class: EditionClass, topic_id: int | None, anew: bool) -> Any:
    """The same rows as one JSON text. Python's sqlite3 lets go of the interpreter for every single row, and a thread
    that is busy sending takes it each time: fetching five hundred readers would be a thousand changes of thread."""
    rows = _statement(kind, edition_class, topic_id, anew).subquery()
    columns = [type_coerce(column, String) for column in rows.c]
    return select(func.json_group_array(func.json_array(*columns)))


def _read_row(row: list[Any]) -> list[Any]:
    slots, queued_at = row[_SLOTS], row[_QUEUED_AT]
    if slots is not None:
        row[_SLOTS] = json.loads(slots)
    if queued_at is not None:
        row[_QUEUED_AT] = datetime.fromisoformat(queued_at).replace(tzinfo=UTC)
    return row


_SLOTS, _QUEUED_AT = Reader._fields.index("slots"), Reader._fields.index("queued_at")
