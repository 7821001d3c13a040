"""Sending one Edition: lease, compose, hand over, write down, until nothing is due.

The one use case that takes a session factory: no transaction may stay open while a relay thinks.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.delivery.answers import Answer, Step, Trouble, Verdict, judge
from app.delivery.composing import Composer, Outgoing, Reader
from app.delivery.control import pause_edition
from app.delivery.editions import facts_of, get_edition
from app.delivery.journal import FileJournal, Mark
from app.delivery.leasing import Lease, finish_lease, lease_chunk
from app.delivery.letterhead import Letterhead
from app.delivery.message import load
from app.delivery.models import BounceClass, BounceSource, Edition, EditionState, OutcomeState
from app.delivery.outcomes import LeaseLost, Result, record
from app.delivery.transport import RelayAway, Transport
from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.errors import Conflict, InvalidInput

log = logging.getLogger(__name__)

FLUSH_COUNT: Final = 500
FLUSH_SECONDS: Final = 0.2
CHUNK_SECONDS: Final = 10.0
RELAY_PAUSE: Final = timedelta(seconds=60)


class BounceRecorder(Protocol):
    """delivery.bounces.record_bounce."""

    def __call__(
        self,
        session: Session,
        now: datetime,
        *,
        delivery_id: int,
        source: BounceSource,
        bounce_class: BounceClass,
        reason: str,
        status: str,
        evidence: str,
        raw_key: str,
        fingerprint: str,
    ) -> object: ...


@dataclass(frozen=True)
class Office:
    """What a sending process needs; built in wiring, or by a test."""

    database: Database
    clock: Clock
    letterhead: Letterhead
    transport: Transport
    owner: str
    journals: Path
    record_bounce: BounceRecorder | None = None
    stopping: Callable[[], bool] = bool


@dataclass
class Sent:
    """What one run of `send_edition` did."""

    chunks: int = 0
    results: dict[OutcomeState, int] = field(default_factory=dict)
    trouble: str = ""


def send_edition(office: Office, edition_id: int) -> Sent:
    """Send what is due of one Edition; several processes may do so at once. Raises NotFound."""
    with office.database.reading() as session:
        edition = get_edition(session, edition_id)
        composer = Composer(facts_of(session, edition), load(edition.frozen), office.letterhead)
    sent = Sent()
    try:
        while not office.stopping() and not sent.trouble:
            with office.database.writing() as session:
                lease = lease_chunk(session, office.clock(), edition_id=edition_id, owner=office.owner)
            if lease is None:
                break
            _Round(office, composer, lease, sent).run()
            sent.chunks += 1
    finally:
        office.transport.close()
    return sent


class _Round:
    """One lease from its first message to its last outcome."""

    def __init__(self, office: Office, composer: Composer, lease: Lease, sent: Sent) -> None:
        self.office, self.composer, self.lease, self.sent = office, composer, lease, sent
        self.results: list[Result] = []
        self.bad_news: list[tuple[Result, Verdict]] = []
        self.not_before: datetime | None = None
        self.going = True
        self.began = self.flushed = time.monotonic()

    def run(self) -> None:
        ids = [reader.delivery_id for reader in self.lease.readers]
        try:
            journal = FileJournal(self.office.journals, self.lease.chunk_id, self.lease.fence, ids)
        except OSError as error:
            self._wait(f"the journal cannot be written: {error}")
            self._give_back()
            return
        try:
            for number, reader in enumerate(self.lease.readers):
                self._one(journal, number, reader)
                if not self.going or self.office.stopping() or time.monotonic() - self.began > CHUNK_SECONDS:
                    break
            self._flush()
            self._give_back()
        except LeaseLost:
            log.warning("chunk %s was taken over by somebody else", self.lease.chunk_id)
        journal.close()

    def _give_back(self) -> None:
        with self.office.database.writing() as session:
            now = self.office.clock()
            finish_lease(session, now, self.lease.chunk_id, self.lease.fence, not_before=self.not_before)

    def _one(self, journal: FileJournal, number: int, reader: Reader) -> None:
        try:
            message = self.composer.compose(reader)
            answer = self._hand_over(message, lambda: journal.mark(number, Mark.IN_FLIGHT))
        except InvalidInput as error:
            answer = Answer(Step.MAIL, 0, f"could not be written: {error}")
        if answer is None:
            self.going = False
            return
        self._note(reader, answer)
        if not answer.lost:
            accepted = 200 <= answer.code < 300
            journal.mark(number, Mark.ACCEPTED if accepted else Mark.REFUSED)
        if len(self.results) >= FLUSH_COUNT or time.monotonic() - self.flushed > FLUSH_SECONDS:
            self._flush()

    def _hand_over(self, message: Outgoing, in_flight: Callable[[], None]) -> Answer | None:
        """The relay's answer; None when it cannot be reached now, which is nobody's fault among the readers."""
        for attempt in (1, 2):
            try:
                self.office.transport.open()
                return self.office.transport.send(message, in_flight)
            except RelayAway as error:
                if error.answer and error.answer.step is Step.LOGIN and error.answer.code >= 500:
                    self._pause(str(error))
                    return None
                if attempt == 2:
                    self._wait(str(error))
        return None

    def _note(self, reader: Reader, answer: Answer) -> None:
        now = self.office.clock()
        verdict = judge(answer, attempt=reader.attempt, now=now, give_up_at=self.lease.give_up_at)
        result = Result(
            delivery_id=reader.delivery_id,
            attempt=reader.attempt,
            state=verdict.state,
            at=now,
            code=answer.code or None,
            enhanced=answer.enhanced,
            reply=answer.text[:500],
            relay=answer.relay[:200],
            retry_at=verdict.retry_at,
        )
        self.results.append(result)
        self.sent.results[verdict.state] = self.sent.results.get(verdict.state, 0) + 1
        if verdict.bounce:
            self.bad_news.append((result, verdict))
        if verdict.trouble is Trouble.STOP:
            self._pause(f"{answer.relay} said {answer.code} {answer.text}")

    def _flush(self) -> None:
        with self.office.database.writing() as session:
            record(session, self.lease.chunk_id, self.lease.fence, self.results)
            for result, verdict in self.bad_news:
                self._tell_bounces(session, result, verdict)
            state = session.get_one(Edition, self.lease.edition_id).state
        self.results, self.bad_news = [], []
        self.flushed = time.monotonic()
        if state not in {EditionState.OPEN, EditionState.SENDING}:
            self.going = False

    def _tell_bounces(self, session: Session, result: Result, verdict: Verdict) -> None:
        if self.office.record_bounce is None or verdict.bounce is None:
            return
        self.office.record_bounce(
            session,
            result.at,
            delivery_id=result.delivery_id,
            source=BounceSource.SMTP,
            bounce_class=verdict.bounce,
            reason=f"{result.code or ''} {result.enhanced}".strip(),
            status=result.enhanced,
            evidence=result.reply,
            raw_key="",
            fingerprint=f"smtp:{result.delivery_id}:{result.attempt}",
        )

    def _wait(self, why: str) -> None:
        self.not_before = self.office.clock() + RELAY_PAUSE
        self.sent.trouble = why
        with self.office.database.writing() as session:
            session.execute(
                update(Edition)
                .where(Edition.id == self.lease.edition_id)
                .values(trouble=f"{why}; trying again from {self.not_before:%H:%M:%S} UTC")
            )

    def _pause(self, why: str) -> None:
        self.sent.trouble = why
        self.going = False
        with self.office.database.writing() as session:
            try:
                pause_edition(session, self.office.clock(), self.lease.edition_id, why)
            except Conflict:
                log.info("edition %s is not being sent any more", self.lease.edition_id)
