"""Are we the one that sends? A clone, or a database restored from a backup, holds everything and asks (promise 3).

The mark in the database grows before something is sent and with every tick of the clock, and the witness follows it.
So a database whose mark is lower than the witness's is an old one, and one whose witness is missing, speaks of
somebody else or stands in another place is a copy. Machines without a disk of their own share database and witness,
so they come and go unnoticed.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_hex
from typing import Final

from sqlalchemy import ColumnElement, exists, func, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.control import exclude_stopped, pause_edition
from app.delivery.models import (
    Chunk,
    ChunkState,
    Edition,
    EditionClass,
    EditionState,
    Installation,
    InstallationState,
)
from app.delivery.witness import Evidence, Place, as_place
from app.foundation.db import database_ms, dialect_of
from app.foundation.errors import Conflict

APART_MS: Final = 2_000
"""Single mails move the mark at most this often."""

NEW: Final = (
    "The database is empty or older than anything that ran here: files beside it belong to an installation that "
    "already sent mail."
)
NEWER: Final = "The database is older than what was sent from here: it looks like a restored backup."
MISSING: Final = "The file that says how far this installation had come is missing: it looks like a copy."
AFRESH: Final = (
    "It was under way in the backup that was restored; whoever is shown as waiting may have it already."
)
ANOTHER: Final = "The files beside this database belong to another installation."


@dataclass(frozen=True)
class Standing:
    """Whether we may send, and if not, why."""

    state: InstallationState
    reason: str = ""
    since: datetime | None = None

    @property
    def may_send(self) -> bool:
        return self.state is InstallationState.LIVE

    @classmethod
    def of_nobody(cls) -> "Standing":
        """Before anybody has looked."""
        return cls(InstallationState.HELD)


@dataclass(frozen=True)
class Waiting:
    """What one Edition would send as soon as sending is allowed."""

    edition_id: int
    subject: str
    edition_class: EditionClass
    readers: int


def standing_of(session: Session) -> Standing:
    """Where we stand as far as the database knows; looks at no witness and changes nothing."""
    row = session.get(Installation, 1)
    return Standing(row.state, row.reason, row.since) if row else Standing(InstallationState.LIVE)


def examine(session: Session, now: datetime, seen: Evidence | None, place: Place) -> str:
    """Compare the database with what the witness said *before* this transaction; why we must not send, or "".

    Nothing is held yet: a process that looked while another wrote must look once more.
    """
    row = session.get(Installation, 1, populate_existing=True)
    if row is None:
        row = _new(session, now, place, held=NEW if seen is not None else "")
    if row.state is not InstallationState.LIVE:
        return row.reason or "This installation is a copy and stays quiet."
    if seen is None:
        return MISSING if row.mark else ""
    if seen.identity != row.identity:
        return ANOTHER
    if seen.mark > row.mark:
        return NEWER
    return place.differs_from(as_place(row.place))


def hold(session: Session, now: datetime, reason: str) -> None:
    """Send nothing until the author has answered."""
    session.execute(
        update(Installation)
        .where(Installation.state == InstallationState.LIVE)
        .values(state=InstallationState.HELD, reason=reason, since=now)
    )


def first_evidence(session: Session) -> Evidence | None:
    """What the witness is to say at the very beginning; None later."""
    row = session.get_one(Installation, 1)
    return Evidence(row.identity, 0) if row.mark == 0 else None


def advance(session: Session, at_least_ms: int = 0) -> Evidence | None:
    """Move the mark and say what the witness is to be told after the commit; None when it moved just now, or when
    we may not send."""
    present = database_ms(dialect_of(session))
    moved = session.execute(
        update(Installation)
        .where(
            Installation.state == InstallationState.LIVE,
            or_(Installation.moved_ms <= present - at_least_ms, Installation.moved_ms > present),
        )
        .values(mark=Installation.mark + 1, moved_ms=present)
        .returning(Installation.identity, Installation.mark)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return Evidence(moved.identity, moved.mark) if moved else None


def settle_place(session: Session, place: Place) -> None:
    """Fill in parts of the place that were unknown, such as the anchor of the first start."""
    row = session.get_one(Installation, 1)
    known = as_place(row.place)
    if all(asdict(known).values()):
        return
    row.place = {part: value or asdict(place)[part] for part, value in asdict(known).items()}


def waiting(session: Session) -> list[Waiting]:
    """What would be sent: every Edition with somebody waiting, the most readers first."""
    final = Chunk.accepted + Chunk.failed + Chunk.uncertain + Chunk.excluded
    readers = func.sum(Chunk.size - final)
    rows = session.execute(
        select(Edition.id, Edition.subject, Edition.edition_class, readers)
        .join(Chunk, Chunk.edition_id == Edition.id)
        .where(Chunk.state != ChunkState.DONE, Edition.state.in_((EditionState.OPEN, EditionState.SENDING)))
        .group_by(Edition.id, Edition.subject, Edition.edition_class)
        .order_by(readers.desc(), Edition.id)
    )
    return [Waiting(edition_id, subject, kind, int(number)) for edition_id, subject, kind, number in rows]


def go_on(session: Session, now: datetime, seen: Evidence | None, place: Place) -> Evidence:
    """This is the real one: send what waits. What the witness must be told after the commit. Raises Conflict when
    nothing asks."""
    row = session.get(Installation, 1, populate_existing=True)
    if row is None or row.state is InstallationState.LIVE:
        raise Conflict("This installation is sending already.")
    row.state, row.reason, row.since = InstallationState.LIVE, "", now
    row.place = asdict(place)
    row.mark = max(row.mark, seen.mark if seen else 0) + 1
    row.identity = token_hex(16)
    session.flush()
    return Evidence(row.identity, row.mark)


def go_on_afresh(session: Session, now: datetime, seen: Evidence | None, place: Place) -> Evidence:
    """This is the real one, but an older database: what waits in it may have gone out already. Letters under way are
    paused for the author to look at, and single mails are dropped; whoever asked for one can ask again. What was asked
    for since we hold goes out: nobody else knows of it."""
    since = standing_of(session).since
    evidence = go_on(session, now, seen, place)
    for each in waiting(session):
        edition = session.get_one(Edition, each.edition_id)
        if edition.state is EditionState.SENDING:
            pause_edition(session, now, edition.id, AFRESH)
        else:
            exclude_stopped(session, now, edition.id, queued_before=since)
    return evidence


def stay_quiet(session: Session, now: datetime) -> None:
    """This is a copy: send nothing until somebody says otherwise. Raises Conflict for one that is sending."""
    row = session.get(Installation, 1, populate_existing=True)
    if row is None or row.state is InstallationState.LIVE:
        raise Conflict("This installation is sending; pause its issues instead.")
    row.state, row.since = InstallationState.QUIET, now


def not_live() -> ColumnElement[bool]:
    """For WHERE clauses: this installation must not send. No row yet means that nothing was ever held."""
    return exists(
        select(literal(1)).select_from(Installation).where(Installation.state != InstallationState.LIVE)
    )


def _new(session: Session, now: datetime, place: Place, *, held: str) -> Installation:
    row = Installation(
        id=1,
        identity=token_hex(16),
        mark=0,
        moved_ms=0,
        place=asdict(place),
        state=InstallationState.HELD if held else InstallationState.LIVE,
        reason=held,
        since=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was first
        return session.get_one(Installation, 1)
    return row
