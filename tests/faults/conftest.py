"""Real processes to break, and the counts that must come out whatever was broken."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from app.delivery import ledger
from app.delivery.ledger import LedgerCounts, open_ledger
from app.delivery.models import Delivery, Outcome, OutcomeState
from app.foundation.db import Database
from app.subscribers.models import Subscriber
from tests.cast import seed_cast
from tests.delivery.post import KEY, check_identity, freeze_letter, many_readers
from tests.faults.nursery import Nursery, Order, open_nursery
from tests.fixtures.clock import FrozenClock
from tests.fixtures.smtp_sink import SmtpSink


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where senders are born."""
    with open_nursery(tmp_path_factory.mktemp("nursery") / "errors.txt") as nursery:
        yield nursery


@dataclass(frozen=True)
class Scene:
    """A letter to many readers that is open and not yet sent, and a relay to send it to."""

    database: Database
    sink: SmtpSink
    nursery: Nursery
    order: Order
    edition_id: int
    properties: list[tuple[str, object]]

    def counts(self) -> LedgerCounts:
        """The ledger, checked against its own rows, at one moment even while others write."""
        with self.database.reading() as session:
            if self.database.is_postgresql:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            return check_identity(session, self.edition_id)

    def report(self, counts: LedgerCounts, **broken: int) -> None:
        """For the summary at the end of the run."""
        copies = sum(self.sink.copies().values())
        told = {**broken, "copies": copies, "copies too many": 0, "losses": 0, "uncertain": counts.uncertain}
        self.properties.append(("faults", told))

    def uncertain(self) -> set[str]:
        """Addresses that nobody can be sure about."""
        with self.database.reading() as session:
            return set(
                session.scalars(
                    select(Subscriber.address)
                    .join(Delivery, Delivery.recipient_id == Subscriber.id)
                    .join(
                        Outcome, (Outcome.delivery_id == Delivery.id) & (Outcome.attempt == Delivery.attempt)
                    )
                    .where(Outcome.state == OutcomeState.UNCERTAIN)
                )
            )

    def check_everybody_once(self, readers: int) -> LedgerCounts:
        """One copy for everybody who is not uncertain, at most one for those who are."""
        counts = self.counts()
        copies = self.sink.copies()
        unsure = self.uncertain()
        twice = {address: number for address, number in copies.items() if number > 1}
        assert not twice, f"{len(twice)} were mailed more than once"
        assert counts.open == 0, counts
        assert len(set(copies) | unsure) == readers, "somebody was skipped"
        assert counts.accepted + counts.uncertain == readers
        assert counts.accepted == len(set(copies) - unsure)
        return counts


@pytest.fixture
def scene(
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    database_url: str,
    smtp_sink: SmtpSink,
    nursery: Nursery,
    clock: FrozenClock,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Scene:
    """A letter to as many readers as the test's `readers` mark says, or 300."""
    mark = request.node.get_closest_marker("readers")
    if request.node.get_closest_marker("small_chunks"):
        monkeypatch.setattr(ledger, "CHUNK_SIZE", 20)
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        many_readers(session, clock(), cast.letter_id, mark.args[0] - 1 if mark else 299)
        edition_id = freeze_letter(session, clock(), cast.letter_id).id
    with database.writing() as session:
        open_ledger(session, clock(), edition_id)
    order = Order(database_url, str(tmp_path), smtp_sink.url, edition_id)
    return Scene(database, smtp_sink, nursery, order, edition_id, request.node.user_properties)
