"""The render gate: every reader's message is written and checked before the first one is sent (promise 5)."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from app.delivery.composing import Composer, Letter
from app.delivery.control import pause_edition
from app.delivery.holds import drop_hold, take_hold
from app.delivery.message import MAX_MESSAGE
from app.delivery.models import Chunk, ChunkState, Edition, EditionClass, EditionState
from app.delivery.office import Office
from app.delivery.readers import Deliveries, readers_of
from app.foundation.errors import Conflict

HOLD_MS: Final = 60_000
NEARLY: Final = 20_000
"""So many letters before the end other workers are called: the tenth of a second in which they come is not lost."""
PATIENCE: Final = 10.0
"""Seconds for which one who was called waits for the end."""
GLANCE: Final = 0.01
_AT_ONCE: Final = 10


@dataclass
class Gate:
    """How checking an Edition ended. `open` false: somebody else is checking, or the Edition was paused."""

    open: bool
    checked: int = 0
    problems: int = 0
    first: str = ""
    seconds: float = 0.0


def pass_gate(
    office: Office,
    edition_id: int,
    composer: Composer,
    *,
    nearly: Callable[[], None] | None = None,
    sleep: Callable[[float], None] | None = None,
) -> Gate:
    """Check a bulk Edition once; other mail is written one at a time and needs no gate.

    With a message that cannot be written the Edition is paused before anybody got it, and the author told which.
    `nearly` is called once when the end is near. With `sleep` whoever finds another one checking waits for the end.
    """
    name = f"gate:{edition_id}"
    with office.database.writing() as session:
        edition = session.get_one(Edition, edition_id)
        if edition.edition_class is not EditionClass.BULK or edition.gated_at or not edition.opened_at:
            return Gate(open=True)
        if edition.state is not EditionState.SENDING:
            return Gate(open=False)
        topic_id, left = edition.topic_id, edition.audience - edition.excluded
        mine = take_hold(session, office.clock(), name, office.owner, milliseconds=HOLD_MS)
    if not mine:
        return Gate(open=sleep is not None and _comes_to_a_good_end(office, edition_id, sleep))
    began = time.monotonic()
    gate = Gate(open=True)
    for letters in _letters(office, edition_id, topic_id, composer, name):
        _check(gate, composer, letters)
        if nearly is not None and left - gate.checked <= NEARLY:
            nearly()
            nearly = None
    gate.seconds = time.monotonic() - began
    gate.open = gate.problems == 0
    _close(office, edition_id, gate, name)
    return gate


def _comes_to_a_good_end(office: Office, edition_id: int, sleep: Callable[[float], None]) -> bool:
    """Somebody else is checking: wait until everything was found fit to send, or was not."""
    look = select(Edition.gated_at, Edition.state).where(Edition.id == edition_id)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not office.stopping():
        sleep(GLANCE)
        with office.database.reading() as session:
            gated_at, state = session.execute(look).one()
        if gated_at is not None or state is not EditionState.SENDING:
            return gated_at is not None
    return False


def _letters(
    office: Office, edition_id: int, topic_id: int | None, composer: Composer, name: str
) -> Iterator[list[Letter]]:
    """Every letter of the Edition, some thousands at a time, in read transactions of their own."""
    after = 0
    renewed = time.monotonic()
    while True:
        with office.database.reading() as session:
            chunks = session.scalars(
                select(Chunk)
                .where(
                    Chunk.edition_id == edition_id, Chunk.first_id > after, Chunk.state == ChunkState.QUEUED
                )
                .order_by(Chunk.first_id)
                .limit(_AT_ONCE)
            ).all()
            if not chunks:
                return
            after = chunks[-1].first_id
            ends = Deliveries(edition_id, chunks[0].first_id, chunks[-1].last_id)
            readers = readers_of(session, EditionClass.BULK, topic_id, ends)
        yield composer.prepare(readers)
        if time.monotonic() - renewed > HOLD_MS / 4000:
            renewed = time.monotonic()
            with office.database.writing() as session:
                take_hold(session, office.clock(), name, office.owner, milliseconds=HOLD_MS)


def _check(gate: Gate, composer: Composer, letters: list[Letter]) -> None:
    for letter in letters:
        problem = letter.problem
        if not problem and composer.longest(letter) > MAX_MESSAGE:
            problem = f"the message is longer than {MAX_MESSAGE:,} bytes"
        gate.checked += 1
        if problem:
            gate.problems += 1
            gate.first = gate.first or f"{letter.recipient}: {problem}"


def _close(office: Office, edition_id: int, gate: Gate, name: str) -> None:
    reason = f"{gate.problems:,} of {gate.checked:,} messages cannot be written, the first to {gate.first}"
    with office.database.writing() as session:
        drop_hold(session, name, office.owner)
        if gate.open:
            session.execute(update(Edition).where(Edition.id == edition_id).values(gated_at=office.clock()))
            return
        try:
            pause_edition(session, office.clock(), edition_id, reason)
        except Conflict:
            gate.first = gate.first or "it is not being sent any more"
