"""The database's side of sending, on a thread of its own: outcomes down, leases back, the next chunk up.

One turn is one transaction and does all three, so that 500 messages cost one commit. A turn that meets a broken
database is tried again until the leases are nearly over; a commit whose acknowledgement was lost is recognised by
the outcomes that are there already.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.delivery.answers import Verdict
from app.delivery.bounces import record_bounce
from app.delivery.composing import Composer, Letter
from app.delivery.control import pause_edition
from app.delivery.installation import not_live
from app.delivery.journal import FileJournal
from app.delivery.leasing import RUNNING, Lease, finish_lease, give_back_unknown, lease_chunk
from app.delivery.models import BounceSource, Edition
from app.delivery.office import Office
from app.delivery.outcomes import LeaseLost, Result, record, unrecorded
from app.delivery.owners import boottime
from app.delivery.verdicts import judge
from app.foundation.db import table_of
from app.foundation.errors import Conflict
from app.foundation.straight import Straight, driver_of

log = logging.getLogger(__name__)

SAFETY: Final = 0.75
"""The part of a lease after which we take it for over, so that a message under way still ends within it."""


_STATE: Final = Straight(
    select(table_of(Edition).c.state).where(table_of(Edition).c.id == bindparam("p_edition"), ~not_live())
)


class Held:
    """A lease in our hands."""

    __slots__ = (
        "born",
        "journal",
        "lease",
        "letters",
        "lost",
        "not_before",
        "open",
        "results",
        "returned",
        "valid_until",
    )

    def __init__(self, lease: Lease, letters: list[Letter], journal: FileJournal, valid_until: float) -> None:
        self.lease = lease
        self.letters = letters
        self.journal = journal
        self.valid_until = valid_until
        self.born = time.monotonic()
        self.open = len(letters)
        self.results: list[Result] = []
        self.not_before: datetime | None = None
        self.lost = False
        self.returned = False


@dataclass
class Turn:
    """What to write, and what is wanted back."""

    batches: list[tuple[Held, list[Result]]] = field(default_factory=list)
    finished: list[Held] = field(default_factory=list)
    news: list[tuple[Result, Verdict]] = field(default_factory=list)
    want: bool = False
    fair: bool = False
    pause: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Taken:
    """What a transaction brought: a lease and its journal, whether the Edition is still to be sent, what went wrong."""

    lease: Lease | None
    journal: FileJournal | None
    running: bool
    problem: str = ""


@dataclass
class Done:
    """What came of a turn. `error` means that the database is gone and so are our leases."""

    turn: Turn
    leased: Held | None = None
    running: bool = True
    problem: str = ""
    error: Exception | None = None


class Desk:
    """Works on one Edition's part of the ledger."""

    def __init__(self, office: Office, edition_id: int, composer: Composer) -> None:
        self._office = office
        self._owner = (
            f"{office.owner}/{token_hex(4)}"  # a run that failed may have left leases to the same process
        )
        self._edition_id = edition_id
        self._composer = composer
        self._held: set[tuple[int, int]] = set()
        """Chunks and fences."""
        self._journals: list[FileJournal] = []
        """Those whose lease is not known to be committed."""
        self._well = False

    def work(self, turn: Turn, *, sleep: Callable[[float], None] = time.sleep) -> Done:
        """Do one turn; never raises."""
        began = boottime()
        until = min([held.valid_until for held, _ in turn.batches], default=began + 5.0)
        again = False
        pause = 0.05
        while True:
            try:
                return self._done(turn, began, self._transaction(turn, again=again))
            except DBAPIError as error:
                if boottime() + pause > until:
                    log.exception("the ledger cannot be written")
                    return Done(turn, error=error)
                log.warning("the ledger cannot be written yet: %s", error.orig)
            except Exception as error:
                log.exception("the ledger cannot be written")
                return Done(turn, error=error)
            again = True
            sleep(pause)
            pause = min(pause * 2, 1.0)

    def _transaction(self, turn: Turn, *, again: bool) -> Taken:
        office = self._office
        with office.database.writing() as session:
            now = office.clock()
            for held, results in turn.batches:
                self._record(session, held, results, again=again)
            for result, verdict in turn.news:
                self._tell_bounces(session, result, verdict)
            for held in turn.finished:
                if not held.lost:
                    lease = held.lease
                    finish_lease(session, now, lease.chunk_id, lease.fence, not_before=held.not_before)
            if again:
                give_back_unknown(session, self._owner, self._held)
            running = self._edition(session, now, turn)
            if turn.want and running:
                return self._lease(session, now, turn.fair)
        return Taken(None, None, running)

    def _lease(self, session: Session, now: datetime, fair: bool) -> Taken:
        """The next chunk with its journal: whoever dies after the commit has left one."""
        office = self._office
        lease = lease_chunk(
            session,
            now,
            edition_id=self._edition_id,
            owner=self._owner,
            lease_seconds=office.lease_seconds,
            fair=fair,
        )
        if lease is None:
            return Taken(None, None, running=True)
        ids = [reader.delivery_id for reader in lease.readers]
        try:
            journal = FileJournal(office.journals, lease.chunk_id, lease.fence, ids, owner=self._owner)
        except OSError as error:  # without a journal nothing may be sent: the chunk goes back untouched
            finish_lease(session, now, lease.chunk_id, lease.fence, not_before=now + office.relay_pause)
            return Taken(None, None, running=True, problem=f"the journal cannot be written: {error}")
        self._journals.append(journal)
        return Taken(lease, journal, running=True)

    def _record(self, session: Session, held: Held, results: list[Result], *, again: bool) -> None:
        lease = held.lease
        try:
            fresh = unrecorded(session, results) if again else results
            record(session, lease.chunk_id, lease.fence, fresh, lease_seconds=self._office.lease_seconds)
        except LeaseLost:
            log.warning("chunk %s was taken over by somebody else", lease.chunk_id)
            held.lost = True

    def _edition(self, session: Session, now: datetime, turn: Turn) -> bool:
        """Note trouble or pause, and see whether the Edition is still to be sent."""
        if not self._well and any(held_results for _, held_results in turn.batches):
            self._well = True
            session.execute(
                update(Edition)
                .where(Edition.id == self._edition_id, Edition.trouble != "")
                .values(trouble="")
            )
        if turn.trouble:
            session.execute(
                update(Edition).where(Edition.id == self._edition_id).values(trouble=turn.trouble)
            )
        if turn.pause:
            try:
                pause_edition(session, now, self._edition_id, turn.pause)
            except Conflict:
                log.info("edition %s is not being sent any more", self._edition_id)
        found = driver_of(session.connection()).row(_STATE, p_edition=self._edition_id)
        return found is not None and found[0] in RUNNING

    def _done(self, turn: Turn, began: float, taken: Taken) -> Done:
        """After the commit: leases renewed until, journals gone, the next letters written."""
        valid_until = began + self._office.lease_seconds * SAFETY
        for held, _ in turn.batches:
            held.valid_until = valid_until
        for held in turn.finished:
            held.journal.close()
            self._held.discard((held.lease.chunk_id, held.lease.fence))
        fresh, journal = taken.lease, taken.journal
        self._drop_journals(keep=journal)
        if fresh is None or journal is None:
            return Done(turn, running=taken.running, problem=taken.problem)
        self._held.add((fresh.chunk_id, fresh.fence))
        return Done(turn, Held(fresh, self._composer.prepare(fresh.readers), journal, valid_until))

    def _drop_journals(self, *, keep: FileJournal | None) -> None:
        """Those of earlier tries, whose leases were rolled back or given back, but not a file that was made anew."""
        for journal in self._journals:
            if keep is None or journal.path != keep.path:
                journal.close()
        self._journals.clear()

    def _tell_bounces(self, session: Session, result: Result, verdict: Verdict) -> None:
        if verdict.bounce is None:
            return
        record_bounce(
            session,
            result.at,
            delivery_id=result.delivery_id,
            source=BounceSource.SMTP,
            bounce_class=verdict.bounce,
            reason=judge(status=result.enhanced, code=result.code, text=result.reply).reason.value,
            status=result.enhanced,
            evidence=result.reply,
            raw_key="",
            fingerprint=f"smtp:{result.delivery_id}:{result.attempt}",
        )
