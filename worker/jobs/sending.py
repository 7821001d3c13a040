"""The job behind the doorbell: send what is due of one Edition."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

from app.delivery.banks import SharedBank
from app.delivery.carriers import carrier_of
from app.delivery.control import note_trouble
from app.delivery.due import due_chunks
from app.delivery.editions import get_edition
from app.delivery.letterhead import letterhead_of
from app.delivery.models import EditionClass
from app.delivery.notices import Notice, already_told, tell_authors
from app.delivery.notices import tell_of_pause as tell
from app.delivery.office import Office
from app.delivery.owners import this_process
from app.delivery.pace import plan_of
from app.delivery.sending import send_edition as send
from app.foundation.errors import HandoffError, Misconfigured
from app.foundation.jobs import BULK, Ring
from app.wiring import Runtime, sentry_of
from worker.cores import core_of_its_own, politely
from worker.memory import few_collections
from worker.state import runtime

log = logging.getLogger(__name__)

SLICE_SECONDS: Final = 15.0


class Leaving:
    """Knows when this process is to end: it was told to (SIGTERM), or its parent, the worker, is gone. A child that
    outlives its worker would go on sending where nobody can stop it."""

    def __init__(self) -> None:
        self._told = False
        self._parent = os.getppid()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._tell)

    def asked(self) -> bool:
        return self._told or os.getppid() != self._parent

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        self._told = True


def office_of(here: Runtime) -> Office:
    """What this process sends with. Raises Misconfigured when there is no relay."""
    return Office(
        database=here.database,
        clock=here.clock,
        letterhead=letterhead_of(here.settings, here.signer),
        carrier=carrier_of(here.settings),
        owner=this_process(),
        journals=here.settings.data_dir / "journals",
        stopping=Leaving().asked,
        sentry=sentry_of(here),
        slice_seconds=SLICE_SECONDS,
        plan=plan_of(here.settings, here.clock().date()),
        bank=SharedBank(here.redis, worker_name(), here.settings.workers),
    )


def worker_name() -> str:
    """The worker whose child this is: children come and go with every job."""
    return f"{socket.gethostname()[:40]}/{os.getppid()}"


def tell_of_pause(here: Runtime, edition_id: int, why: str) -> None:
    """A mail to the authors; if the relay takes none at all, the studio shows the same words."""
    now = here.clock()
    try:
        with here.database.writing() as session:
            edition = get_edition(session, edition_id)
            if edition.edition_class is EditionClass.AUTHOR:
                return
            tell(session, now, edition, why, emails_dir=here.settings.emails_dir, links=here.links)
    except HandoffError:
        log.exception("the authors could not be told that edition %s is paused", edition_id)


def tell_of_size(here: Runtime, edition_id: int, why: str) -> None:
    """One mail to the authors about a message that a server found too large; the other readers are not held up."""
    now = here.clock()
    try:
        with here.database.writing() as session:
            edition = get_edition(session, edition_id)
            occasion = f"too-large:{edition_id}"
            if edition.edition_class is EditionClass.AUTHOR or already_told(session, occasion):
                return
            notice = Notice(
                headline="Too large for some readers",
                paragraphs=(
                    f"“{edition.subject}” was too large for at least one mail server. {why}",
                    "Those readers do not get it; all others do. The studio shows who they are. Smaller pictures "
                    "or a shorter text help with the next one.",
                ),
                action_label="Look at it",
                action_url=here.links.admin(),
            )
            tell_authors(
                session,
                now,
                notice,
                emails_dir=here.settings.emails_dir,
                links=here.links,
                occasion=occasion,
            )
    except HandoffError:
        log.exception("the authors could not be told that edition %s is too large", edition_id)


def send_edition(edition_id: int, helping: int = 0) -> None:
    """Send until nothing of this Edition is due; the first to begin calls the other workers when there is enough."""
    here = runtime()

    def call_helpers() -> None:
        with here.database.reading() as session:
            waiting = due_chunks(session, here.clock(), edition_id)
        for _ in range(min(here.settings.workers, waiting) - 1):
            here.doorbell.ring(Ring("sending.send_edition", (edition_id, 1), BULK))

    try:
        office = office_of(here)
    except Misconfigured as error:
        with here.database.writing() as session:
            note_trouble(session, edition_id, f"nothing is sent: {error}")
        raise
    with _manners(here, edition_id), few_collections():
        sent = send(office, edition_id, call=None if helping else call_helpers, called=bool(helping))
    if sent.paused:
        tell_of_pause(here, edition_id, sent.paused)
    if sent.too_big:
        tell_of_size(here, edition_id, sent.too_big)
    if sent.more:
        with here.database.reading() as session:
            waiting = due_chunks(session, here.clock(), edition_id)
        if waiting:
            here.doorbell.ring(Ring("sending.send_edition", (edition_id, 1), BULK))


@contextmanager
def _manners(here: Runtime, edition_id: int) -> Iterator[None]:
    """A letter to many gives way to everything else, on a core of its own; mail that somebody waits for does not."""
    with here.database.reading() as session:
        many = get_edition(session, edition_id).edition_class is EditionClass.BULK
    with ExitStack() as stack:
        if many:
            stack.enter_context(core_of_its_own(here.settings.data_dir / "cores"))
            stack.enter_context(politely())
        yield
