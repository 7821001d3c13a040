"""An office whose letters stay in memory, and a letter that is going out."""

from pathlib import Path

import pytest

from app.delivery.bounces import record_bounce
from app.delivery.ledger import open_ledger
from app.delivery.sending import Office
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
        transport=MemoryTransport(),
        owner="tests",
        journals=tmp_path / "journals",
        record_bounce=record_bounce,
    )


def sent_by(office: Office) -> list[str]:
    assert isinstance(office.transport, MemoryTransport)
    return [message.recipient for message in office.transport.sent]


def open_letter(database: Database, clock: FrozenClock, readers: int = 0) -> int:
    """A letter to Alice, who wants it, Bob and Carol, who must not get it, and more readers."""
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        add_readers(session, clock(), cast.letter_id, readers)
        edition = freeze_letter(session, clock(), cast.letter_id)
        open_ledger(session, clock(), edition.id)
        return edition.id
