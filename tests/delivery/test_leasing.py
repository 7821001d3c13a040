"""Several workers on one letter: what each sees of the others while nobody's transaction is over yet."""

import threading

from sqlalchemy import select

from app.delivery.leasing import Lease, finish_lease, lease_chunk
from app.delivery.models import Edition, EditionState, OutcomeState
from app.delivery.outcomes import Result, record
from app.foundation.db import Database
from tests.delivery.conftest import open_letter
from tests.fixtures.clock import FrozenClock


def test_two_who_close_the_last_two_chunks_at_once_end_the_letter(
    database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=700)
    leases: list[Lease] = []
    for owner in ("one", "two"):
        with database.writing() as session:
            lease = lease_chunk(session, clock(), edition_id=edition_id, owner=owner)
        assert lease is not None
        leases.append(lease)

    def close(lease: Lease, *, wait_for: threading.Thread | None = None) -> None:
        with database.writing() as session:
            results = [
                Result(reader.delivery_id, reader.attempt, OutcomeState.ACCEPTED, clock())
                for reader in lease.readers
            ]
            record(session, lease.chunk_id, lease.fence, results)
            finish_lease(session, clock(), lease.chunk_id, lease.fence)
            if wait_for is not None:
                wait_for.start()
                wait_for.join(
                    0.5
                )  # it cannot end before we have: either it waits for us, or it saw too little

    other = threading.Thread(target=close, args=(leases[1],))
    close(leases[0], wait_for=other)
    other.join()
    with database.reading() as session:
        assert session.scalars(select(Edition.state)).all() == [EditionState.DONE]
