"""Bringing a consented list in from a CSV file, and taking all readers out again.

Import never revives anybody: suppressed addresses and topics a reader has left stay as they are, and running the
same file again changes nothing. A bad row is told with its line and field and does not stop the good ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.foundation.addresses import address_hash
from app.foundation.errors import InvalidInput
from app.subscribers.consent import verify_subscriber
from app.subscribers.csvfile import ImportRow
from app.subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscriber,
    SubscriberState,
    Subscription,
    SubscriptionState,
    Suppression,
    Topic,
)
from app.subscribers.queries import every_subscriber

EXPORT_COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "function",
    "state",
    "topics",
    "left_topics",
    "suppressed",
    "consent_at",
    "consent_source",
    "created_at",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ImportCounts:
    """What became of the rows: every row is in exactly one of the first four."""

    added: int = 0
    completed: int = 0
    unchanged: int = 0
    suppressed: int = 0
    left_kept: int = 0

    def __add__(self, other: "ImportCounts") -> "ImportCounts":
        return ImportCounts(
            self.added + other.added,
            self.completed + other.completed,
            self.unchanged + other.unchanged,
            self.suppressed + other.suppressed,
            self.left_kept + other.left_kept,
        )


@dataclass
class _Tally:
    added: int = 0
    completed: int = 0
    unchanged: int = 0
    suppressed: int = 0
    left_kept: int = 0
    subscriptions: list[dict[str, object]] = field(default_factory=list)
    records: list[dict[str, object]] = field(default_factory=list)


def import_batch(
    session: Session, now: datetime, rows: Sequence[ImportRow], *, address_key: bytes, form: str
) -> ImportCounts:
    """Bring in some rows (a few hundred at a time keeps transactions short).

    Raises InvalidInput when a row names a topic that does not exist.
    """
    topics = dict(session.execute(select(Topic.slug, Topic.id)).all())
    for row in rows:
        for slug in row.topics:
            if slug not in topics:
                raise InvalidInput(f"There is no topic “{slug}”.", field=f"line {row.line}, topics")
    hashes = {row.address.canonical: address_hash(row.address.canonical, address_key) for row in rows}
    blocked = set(
        session.scalars(
            select(Suppression.address_hash).where(
                Suppression.address_hash.in_(hashes.values()), Suppression.released_at.is_(None)
            )
        )
    )
    tally = _Tally()
    welcome = []
    for row in rows:
        if hashes[row.address.canonical] in blocked:
            tally.suppressed += 1
        else:
            welcome.append(row)
    known = _known(session, hashes)
    fresh = _insert_new(
        session, now, [row for row in welcome if row.address.canonical not in known], hashes, form
    )
    known |= fresh
    states = _states(session, [subscriber.id for subscriber in known.values()])
    seen_new: set[str] = set()
    for row in welcome:
        subscriber = known[row.address.canonical]
        is_new = row.address.canonical in fresh and row.address.canonical not in seen_new
        seen_new.add(row.address.canonical)
        _merge(now, row, subscriber, states.setdefault(subscriber.id, {}), topics, form, tally, is_new=is_new)
    session.flush()
    if tally.subscriptions:
        session.execute(insert(Subscription), tally.subscriptions)
        session.execute(insert(ConsentRecord), tally.records)
    return ImportCounts(tally.added, tally.completed, tally.unchanged, tally.suppressed, tally.left_kept)


def _known(session: Session, canonicals: Iterable[str]) -> dict[str, Subscriber]:
    found = session.scalars(select(Subscriber).where(Subscriber.canonical.in_(list(canonicals))))
    return {subscriber.canonical: subscriber for subscriber in found}


def _insert_new(
    session: Session, now: datetime, rows: Sequence[ImportRow], hashes: dict[str, str], form: str
) -> dict[str, Subscriber]:
    first: dict[str, ImportRow] = {}
    for row in rows:
        first.setdefault(row.address.canonical, row)
    if not first:
        return {}
    session.execute(
        insert(Subscriber),
        [
            {
                "address": row.address.typed,
                "canonical": canonical,
                "address_hash": hashes[canonical],
                "domain": row.address.domain,
                "first_name": row.first_name,
                "last_name": row.last_name,
                "function": row.function,
                "state": SubscriberState.VERIFIED,
                "source": form[:200],
                "created_at": now,
                "verified_at": now,
            }
            for canonical, row in first.items()
        ],
    )
    return _known(session, first)


def _states(session: Session, ids: Sequence[int]) -> dict[int, dict[int, SubscriptionState]]:
    states: dict[int, dict[int, SubscriptionState]] = {}
    for subscriber_id, topic_id, state in session.execute(
        select(Subscription.subscriber_id, Subscription.topic_id, Subscription.state).where(
            Subscription.subscriber_id.in_(ids)
        )
    ):
        states.setdefault(subscriber_id, {})[topic_id] = state
    return states


def _merge(
    now: datetime,
    row: ImportRow,
    subscriber: Subscriber,
    states: dict[int, SubscriptionState],
    topics: dict[str, int],
    form: str,
    tally: _Tally,
    *,
    is_new: bool,
) -> None:
    """One row against what we know: fill gaps, add topics never asked for, keep what was left."""
    changed = _fill_gaps(row, subscriber, now) if not is_new else False
    for topic_id in sorted({topics[slug] for slug in row.topics}):
        state = states.get(topic_id)
        if state is SubscriptionState.LEFT:
            tally.left_kept += 1
        if state is not None:
            continue
        states[topic_id] = SubscriptionState.ON
        changed = True
        tally.subscriptions.append(
            {
                "subscriber_id": subscriber.id,
                "topic_id": topic_id,
                "state": SubscriptionState.ON,
                "changed_at": now,
            }
        )
        tally.records.append(
            {
                "subscriber_id": subscriber.id,
                "at": now,
                "action": ConsentAction.IMPORTED,
                "topic_id": topic_id,
                "form": form[:80],
                "wording": "",
                "ip": "",
                "user_agent": "",
                "detail": {
                    "consent_at": row.consent_at.isoformat(),
                    "consent_source": row.consent_source,
                    "line": row.line,
                },
            }
        )
    if is_new:
        tally.added += 1
    elif changed:
        tally.completed += 1
    else:
        tally.unchanged += 1


def _fill_gaps(row: ImportRow, subscriber: Subscriber, now: datetime) -> bool:
    """Names and function the reader has not given themselves; and the proof of address the file asserts."""
    changed = subscriber.state is not SubscriberState.VERIFIED
    verify_subscriber(subscriber, now)
    if row.first_name and not subscriber.first_name and not subscriber.last_name:
        subscriber.first_name, subscriber.last_name = row.first_name, row.last_name
        changed = True
    if row.function and not subscriber.function:
        subscriber.function = row.function
        changed = True
    return changed


def export_rows(session: Session) -> Iterator[tuple[str, ...]]:
    """The heading, then every reader; suppressed and left people included, so that they survive a move.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front (A2); import takes it off again.
    """
    yield EXPORT_COLUMNS
    for row in every_subscriber(session):
        cells = (
            row.address,
            row.first_name,
            row.last_name,
            row.function.value if row.function else "",
            row.state.value,
            ";".join(row.topics),
            ";".join(row.left),
            ";".join(reason.value for reason in row.suppressed),
            row.verified_at.isoformat(timespec="seconds") if row.verified_at else "",
            row.source or "sign-up form",
            row.created_at.isoformat(timespec="seconds"),
        )
        yield tuple(f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells)
