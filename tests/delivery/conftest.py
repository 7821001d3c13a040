"""An office whose letters stay in memory, and a letter that is going out."""

from pathlib import Path

import pytest

from app.delivery.carriers import ThreadedCarrier
from app.delivery.ledger import open_ledger
from app.delivery.office import Office
from app.delivery.transport import MemoryTransport
from app.foundation.db import Database
from tests.cast import seed_cast
from tests.delivery.post import KEY, LETTERHEAD, add_readers, freeze_letter
from tests.fixtures.clock import FrozenClock


@pytest.fixture
def office(database: Database, clock: FrozenClock, tmp_path: Path) -> Office:
    """An office whose letters stay in memory."""
    return Office(
        database=database,
        clock=clock,
        letterhead=LETTERHEAD,
        carrier=ThreadedCarrier(MemoryTransport(), 1),
        owner="tests",
        journals=tmp_path / "journals",
    )


def memory(office: Office) -> MemoryTransport:
    """The transport of `office`."""
    assert isinstance(office.carrier, ThreadedCarrier)
    assert isinstance(office.carrier.transport, MemoryTransport)
    return office.carrier.transport


def sent_by(office: Office) -> list[str]:
    """Everybody who got a mail, in order."""
    return [message.recipient for message in memory(office).sent]


def open_letter(database: Database, clock: FrozenClock, readers: int = 0) -> int:
    """A letter to Alice, who wants it, Bob and Carol, who must not get it, and more readers."""
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        add_readers(session, clock(), cast.letter_id, readers)
        edition = freeze_letter(session, clock(), cast.letter_id)
        open_ledger(session, clock(), edition.id)
        return edition.id
