"""One run of sending: leases come in, parcels go out, answers are judged and written down.

It never waits: the database works on a thread of its own (delivery.desk), the network is the carrier's.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from app.delivery.answers import Answer, Step, Trouble, judge
from app.delivery.composing import Composer, Outgoing
from app.delivery.desk import Desk, Done, Held, Turn
from app.delivery.feed import Parcel
from app.delivery.journal import Mark
from app.delivery.models import OutcomeState
from app.delivery.office import Office
from app.delivery.outcomes import Result, tally_of
from app.delivery.owners import boottime
from app.delivery.pace import LONG, Pace, Unrest
from app.delivery.transport import RelayAway

log = logging.getLogger(__name__)

FLUSH_COUNT: Final = 500
FLUSH_SECONDS: Final = 0.2
LOW_WATER: Final = 250
HIGH_WATER: Final = 1_500
"""Answers not yet written down at which nothing more is begun."""
CHUNK_SECONDS: Final = 10.0
MOST_HELD: Final = 8
"""Leases at a time while some of their readers wait for their domain's pace."""
LONGEST_WAIT: Final = 300.0
HEARTBEAT: Final = 0.25
"""The part of a lease after which it is renewed although nothing was heard."""
MOST_LOSSES: Final = 3
DRAIN_SECONDS: Final = 25.0


@dataclass
class Sent:
    """What one run did."""

    chunks: int = 0
    results: Counter[OutcomeState] = field(default_factory=Counter)
    trouble: str = ""
    paused: str = ""
    more: bool = False
    too_big: str = ""
    """What a relay said to whom the message was too large (5.3.4)."""


class Shift:
    """The Feed of one Edition."""

    def __init__(self, office: Office, composer: Composer, desk: Desk) -> None:
        self.sent = Sent()
        self.wake: Callable[[], None] = _nobody
        self._office, self._composer, self._desk = office, composer, desk
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._under_way: Future[Done] | None = None
        self._ready: deque[Parcel] = deque()
        self._held: list[Held] = []
        self._next = Turn()
        self._unwritten = 0
        self._more = True
        self._stopping = False
        self._dead = False
        self._now = time.monotonic()
        self._instant = office.clock()
        self._began = self._flushed = self._now
        self._pace, self._unrest = Pace(office.plan, office.bank, self._answered), Unrest()
        self._stopped_at = 0.0

    # What the carrier asks -------------------------------------------------------------------------------------

    @property
    def wanting(self) -> int:
        if self._stopping or self._unwritten >= HIGH_WATER:
            return 0
        if self._pace.limited:
            self._pace.sort_in(self._ready)
            return self._pace.startable
        return len(self._ready)

    @property
    def finished(self) -> bool:
        return self._dead or (
            not self._more
            and not self._held
            and self._under_way is None
            and not self._ready
            and not self._pace.waiting
        )

    def take(self) -> Parcel | None:
        ready = self._ready
        while ready or self._pace.limited:
            if self._stopping or self._unwritten >= HIGH_WATER:
                return None
            if self._pace.limited:
                self._pace.sort_in(ready)
                paced = self._pace.take()
                if paced is None:
                    return None
                parcel = paced
            else:
                parcel = ready.popleft()
            held: Held = parcel.held
            if held.lost or self._now - held.born > CHUNK_SECONDS:
                held.open -= 1  # not begun: it goes back with its chunk
                held.returned = True
                continue
            if parcel.letter.problem:
                self._cannot_be_written(parcel)
                continue
            return parcel
        return None

    def hand_over(self, parcel: Parcel) -> tuple[bytes, ...] | None:
        held: Held = parcel.held
        # First of all: who takes over while we are stopped right here must see it. `put_back` takes the mark away.
        held.journal.mark(parcel.number, Mark.IN_FLIGHT)
        if held.lost or self._dead or boottime() > held.valid_until:
            return None
        return self._composer.pieces(parcel.letter)

    def outgoing(self, parcel: Parcel) -> Outgoing:
        return self._composer.compose(parcel.letter)

    def accepted(self, parcel: Parcel, line: bytes, relay: str) -> None:
        held: Held = parcel.held
        held.journal.mark(parcel.number, Mark.ACCEPTED)
        letter = parcel.letter
        text = line[4:].decode("utf-8", "replace")
        held.results.append(
            Result(
                letter.delivery_id,
                letter.attempt,
                OutcomeState.ACCEPTED,
                self._instant,
                250,
                text[:5] if text[1:2] == "." else "",
                text[:500],
                relay,
            )
        )
        held.open -= 1
        self._unwritten += 1
        self._unrest.note("")

    def answered(self, parcel: Parcel, answer: Answer) -> None:
        held: Held = parcel.held
        letter = parcel.letter
        verdict = judge(answer, attempt=letter.attempt, now=self._instant, give_up_at=held.lease.give_up_at)
        if not answer.lost:
            accepted = verdict.state is OutcomeState.ACCEPTED
            held.journal.mark(parcel.number, Mark.ACCEPTED if accepted else Mark.REFUSED)
        result = Result(
            delivery_id=letter.delivery_id,
            attempt=letter.attempt,
            state=verdict.state,
            at=self._instant,
            code=answer.code or None,
            enhanced=answer.enhanced,
            reply=answer.text[:500],
            relay=answer.relay[:200],
            retry_at=verdict.retry_at,
        )
        held.results.append(result)
        held.open -= 1
        self._unwritten += 1
        policy = verdict.trouble is Trouble.POLICY
        domain = letter.recipient.rpartition("@")[2].lower()
        self._unrest.note(domain if policy else "")
        if verdict.trouble is Trouble.SLOW_DOWN:
            self._pace.slow_down(answer, domain)
        if policy and self._unrest.too_much:
            self._pause(
                f"several domains refuse this letter; {answer.relay} said {answer.code} {answer.text}"
            )
        if verdict.trouble is Trouble.TOO_BIG:
            self.sent.too_big = self.sent.too_big or f"{answer.relay} said {answer.code} {answer.text}"
        if verdict.bounce:
            self._next.news.append((result, verdict))
        if verdict.trouble is Trouble.STOP:
            self._pause(f"{answer.relay} said {answer.code} {answer.text}")

    def put_back(self, parcel: Parcel, why: str) -> None:
        held: Held = parcel.held
        if held.lost:
            held.open -= 1
            return
        if why.startswith("421"):
            self._pace.slow_down(Answer(Step.CONNECT, 421, why), "")
        held.journal.mark(parcel.number, Mark.UNTOUCHED)
        parcel.losses += 1
        parcel.refusal = None
        if parcel.losses >= MOST_LOSSES:
            self.answered(parcel, Answer(Step.DATA, 451, f"4.4.2 the connection was lost each time: {why}"))
        else:
            self._ready.appendleft(parcel)

    def relay_away(self, why: RelayAway) -> None:
        if why.answer and why.answer.step is Step.LOGIN and why.answer.code >= 500:
            self._pause(str(why))
            return
        not_before = self._office.clock() + self._office.relay_pause
        for held in self._held:
            held.not_before = not_before
        self._next.trouble = f"{why}; trying again from {not_before:%H:%M:%S} UTC"
        self._stop(str(why))

    # The other side --------------------------------------------------------------------------------------------

    def turn(self, now: float) -> float:
        self._now = now
        self._pace.turn(now)
        self._instant = self._office.clock()
        if self._under_way is not None and self._under_way.done():
            self._heard(self._under_way.result())
        if not self._stopping and self._office.stopping():
            self._stop("the process is ending")
        limit = self._office.slice_seconds
        if not self._stopping and limit is not None and now - self._began > limit:
            self.sent.more = True
            self._stop("")
        if self._stopping:
            self._give_up_the_rest()
        elif self._pace.limited:
            self._pace.drop(self._unfit)
        if self._under_way is None and not self._dead and self._due(now):
            self._submit(now)
        return self._wait(now)

    def close(self) -> None:
        """After the carrier has ended."""
        self._thread.shutdown(wait=True)

    def _due(self, now: float) -> bool:
        """Is there a reason for the next transaction?"""
        if self._unwritten and self._flushed_out(now):
            return True
        if self._wants_more and len(self._held) < (MOST_HELD if self._pace.limited else 3):
            return True
        if self._over or self._next.pause or self._next.trouble:
            return True
        return bool(self._held) and now - self._flushed > HEARTBEAT * self._office.lease_seconds

    @property
    def _over(self) -> bool:
        """Is a lease to be given back at once? While answers come in, it goes back together with them."""
        ended = [held.open == 0 for held in self._held]
        return bool(ended) and (all(ended) if self._unwritten else any(ended))

    @property
    def _wants_more(self) -> bool:
        """Are there too few parcels at hand? Those that wait for a slow domain do not count: others need not wait."""
        ready = len(self._ready) + (self._pace.unhindered if self._pace.limited else 0)
        return self._more and not self._stopping and ready < LOW_WATER

    def _answered(self) -> int:
        return self.sent.results.total() + self._unwritten

    def _unfit(self, parcel: Parcel, wait: float) -> bool:
        """Back to the ledger with it: its lease grew old, or its turn is far away."""
        held: Held = parcel.held
        if wait > LONG:
            held.not_before = self._office.clock() + timedelta(seconds=min(wait, LONGEST_WAIT))
        elif not held.lost and self._now - held.born <= CHUNK_SECONDS:
            return False
        else:
            held.returned = True
        held.open -= 1
        return True

    def _flushed_out(self, now: float) -> bool:
        if self._unwritten >= FLUSH_COUNT:
            return True
        return now - self._flushed > FLUSH_SECONDS

    def _submit(self, now: float) -> None:
        turn, self._next = self._next, Turn()
        for held in self._held:
            turn.batches.append((held, held.results))
            held.results = []
        turn.finished = [held for held in self._held if held.open == 0]
        self._held = [held for held in self._held if held.open]
        turn.want = self._wants_more
        turn.fair = self._pace.limited
        self._unwritten = 0
        self._flushed = now
        self._under_way = self._thread.submit(self._desk.work, turn)
        self._under_way.add_done_callback(lambda _future: self.wake())

    def _heard(self, done: Done) -> None:
        """The desk has finished a turn."""
        self._under_way = None
        for _, results in done.turn.batches:
            self.sent.results.update(tally_of(results))
        if done.error is not None:
            self.sent.trouble = str(done.error)
            self._dead = True  # our leases run out, and the journals say how far we came
            return
        if done.turn.want and done.leased is None:
            self._more = False
        if not self._stopping and any(held.returned for held in done.turn.finished):
            self._more = True
        if done.leased is not None:
            self._welcome(done.leased)
        if done.problem:
            self._stop(done.problem)
            self._next.trouble = done.problem
        if not done.running:
            self._stop("")

    def _welcome(self, held: Held) -> None:
        self.sent.chunks += 1
        self._held.append(held)
        self._ready.extend([Parcel(held, number, letter) for number, letter in enumerate(held.letters)])

    def _cannot_be_written(self, parcel: Parcel) -> None:
        answer = Answer(Step.MAIL, 0, f"could not be written: {parcel.letter.problem}")
        self.answered(parcel, answer)

    def _pause(self, why: str) -> None:
        self._next.pause = why
        self.sent.paused = why
        self._stop(why)

    def _stop(self, why: str) -> None:
        """Begin nothing more; what is under way ends by itself."""
        if not self._stopping:
            self._stopping, self._more = True, False
            self._stopped_at = self._now
            self.sent.trouble = self.sent.trouble or why

    def _give_up_the_rest(self) -> None:
        for parcel in self._ready:
            parcel.held.open -= 1
        self._ready.clear()
        self._pace.drop(self._leave)
        if self._now - self._stopped_at > DRAIN_SECONDS and self._office.stopping():
            self._dead = True

    def _wait(self, now: float) -> float:
        if self._unwritten and self._under_way is None:
            return max(0.0, self._flushed + FLUSH_SECONDS - now)
        return self._pace.patience(now) if self._pace.limited else 0.5

    @staticmethod
    def _leave(parcel: Parcel, _wait: float) -> bool:
        parcel.held.open -= 1
        return True


def _nobody() -> None:
    """Until a carrier says how to wake it."""
