"""The clock: asks SQL what is due and rings for it. It sends nothing itself and knows no schedule of its own.

A tick a minute is enough for people; every few seconds a smaller sweep finds workers that died and rings that were
lost. The present is looked at every second, so that a clock that is moved (in a demo, or by a machine that slept)
ticks at once.
"""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from app.conversation.quarantine import ring_forgotten
from app.delivery.control import exclude_stopped
from app.delivery.due import due_editions, stopped_with_rest, through
from app.delivery.holds import CLOCK, CLOCK_MS, drop_hold, take_hold
from app.delivery.installation import standing_of
from app.delivery.journal import drop_orphans
from app.delivery.leasing import finish_edition
from app.delivery.models import EditionClass
from app.delivery.owners import this_process
from app.delivery.recovery import Watch, find_abandoned, forget_journal, recover
from app.foundation.errors import Unavailable
from app.foundation.jobs import BULK, HIGH, Ring
from app.foundation.settings import check_start, load_settings
from app.wiring import Runtime, build_runtime, sentry_of
from worker.followups import send_followups
from worker.gathering import remind_of_links, ring_for_clips
from worker.guides import ring_for_offered, tidy_unconfirmed
from worker.inbox import tell_of_readers, wake_conversations
from worker.publishing import index_archive, look_at_links, publish_due
from worker.readiness import announce_ready

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 10
IDLE_SECONDS: Final = 60


def tick(here: Runtime, now: datetime, watch: Watch | None = None) -> None:
    """Everything that may have become due."""
    mailing = (publish_due, send_followups, partial(sweep, watch=watch))
    sending = (*mailing, remind_of_links, tell_of_readers, ring_for_offered)
    reading = (ring_for_inbound, look_at_links, ring_for_clips, index_archive)
    harmless = (*reading, wake_conversations, tidy_unconfirmed)
    chores = (*sending, *harmless) if may_send(here) else harmless
    for chore in chores:
        attempt(chore, here, now)


def may_send(here: Runtime) -> bool:
    """Is this the installation that sends, and its database the newest there is? A copy mails nobody (promise 3)."""
    try:
        return sentry_of(here).look().may_send
    except Unavailable:
        log.exception("nothing is sent while nobody can say whether this is the real installation")
        return False


def sweep(here: Runtime, now: datetime, watch: Watch | None = None) -> None:
    """Take over what dead workers left, then ring for every Edition with something to send."""
    with here.database.reading() as session:
        if not standing_of(session).may_send:
            return
    with here.database.reading() as session:
        abandoned = find_abandoned(session, watch)
    journals = here.settings.data_dir / "journals"
    for lease in abandoned:
        with here.database.writing() as session:
            uncertain = recover(session, now, lease, journals)
        forget_journal(journals, lease)
        log.warning("took over chunk %s of %s; uncertain: %s", lease.chunk_id, lease.owner, uncertain)
    drop_orphans(journals, now)
    with here.database.reading() as session:
        due = due_editions(session, now)
        stopped = stopped_with_rest(session)
        done = through(session)
    for edition_id in stopped:
        with here.database.writing() as session:
            exclude_stopped(session, now, edition_id)
    for edition_id in done:
        with here.database.writing() as session:
            finish_edition(session, now, edition_id)
    for edition in due:
        queue = BULK if edition.edition_class is EditionClass.BULK else HIGH
        here.doorbell.ring(Ring("sending.send_edition", (edition.edition_id,), queue))


def ring_for_inbound(here: Runtime, now: datetime) -> None:
    """Mail that came in while the queue was away, or whose worker died."""
    with here.database.writing() as session:
        ring_forgotten(session, now)


def attempt(chore: Callable[[Runtime, datetime], None], here: Runtime, now: datetime) -> None:
    """One chore that fails must not keep the others from being done; the next tick tries again."""
    try:
        chore(here, now)
    except Exception:
        log.exception("%s failed and will be tried again", getattr(chore, "__name__", chore))


class Ticker:
    """Decides when to tick, from the present as it is seen once a second."""

    def __init__(self) -> None:
        self._last: datetime | None = None

    def chore(self, now: datetime) -> Callable[..., None] | None:
        """What to do at this instant: a tick in each new minute and after every jump, a sweep between ticks."""
        last = self._last
        if last is None or now < last or now.replace(second=0, microsecond=0) > last:
            self._last = now
            return tick
        if now - last >= timedelta(seconds=SWEEP_SECONDS):
            self._last = now
            return sweep
        return None


def run(here: Runtime, stopping: threading.Event, owner: str) -> None:
    """Tick until told to stop; a second clock stands by and takes over when this one is gone."""
    ticker, watch = Ticker(), Watch()
    while not stopping.is_set():
        now = here.clock()
        chore = ticker.chore(now)
        if chore is not None:
            try:
                with here.database.writing() as session:
                    holding = take_hold(session, now, CLOCK, owner, milliseconds=CLOCK_MS)
            except Exception:
                log.exception("the database is away; the clock waits")
                holding = False
            if holding:
                attempt(partial(chore, watch=watch), here, now)
        stopping.wait(POLL_SECONDS)
    with here.database.writing() as session:
        drop_hold(session, CLOCK, owner)


def main() -> None:
    """Tick until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = load_settings()
    check_start(settings)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    announce_ready()
    run(build_runtime(settings, idle_seconds=IDLE_SECONDS), stopping, this_process("clock"))


if __name__ == "__main__":
    main()
