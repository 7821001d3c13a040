"""An estimate is honest: measured where something was measured, bounded by the pace that is set, or none at all."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.delivery.control import pause_edition
from app.delivery.leasing import lease_chunk
from app.delivery.models import Outcome, OutcomeState
from app.delivery.outcomes import Result, record
from app.delivery.pace import Plan, per_hour, per_second
from app.delivery.progress import Progress, in_words, progress_of
from app.foundation.db import Database
from tests.delivery.conftest import open_letter
from tests.fixtures.clock import FrozenClock

FREE = Plan()


def under_way(database: Database, clock: FrozenClock) -> int:
    """100 of 200 readers answered within the last ten seconds."""
    edition_id = open_letter(database, clock, readers=199)
    with database.writing() as session:
        lease = lease_chunk(session, clock(), edition_id=edition_id, owner="tests")
        assert lease is not None
        results = [
            Result(reader.delivery_id, 1, OutcomeState.ACCEPTED, clock() + timedelta(seconds=number / 10))
            for number, reader in enumerate(lease.readers[:101])
        ]
        record(session, lease.chunk_id, lease.fence, results)
    clock.advance(seconds=10)
    return edition_id


def test_what_is_left_is_divided_by_what_was_measured(database: Database, clock: FrozenClock) -> None:
    edition_id = under_way(database, clock)
    with database.reading() as session:
        found = progress_of(session, clock(), edition_id, FREE)
    assert found.per_second == pytest.approx(10, rel=0.05)
    assert found.seconds == pytest.approx(10, rel=0.1)
    assert not found.bound


def test_the_pace_that_is_set_makes_it_longer(database: Database, clock: FrozenClock) -> None:
    edition_id = under_way(database, clock)
    plan = Plan((per_second(50), per_hour(99)))
    with database.reading() as session:
        found = progress_of(session, clock(), edition_id, plan)
    assert found.seconds == pytest.approx(4000, rel=0.01)
    assert found.bound


def test_nobody_knows_before_anything_was_sent_or_while_it_is_paused(
    database: Database, clock: FrozenClock
) -> None:
    edition_id = under_way(database, clock)
    with database.writing() as session:
        session.execute(update(Outcome).values(at=clock() - timedelta(hours=1)))
        assert progress_of(session, clock(), edition_id, FREE).seconds is None
        session.execute(update(Outcome).values(at=clock()))
        assert progress_of(session, clock(), edition_id, FREE).seconds
        pause_edition(session, clock(), edition_id)
        assert progress_of(session, clock(), edition_id, FREE) == Progress()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (20, "less than a minute"),
        (61, "about 2 minutes"),
        (1300, "about 25 minutes"),
        (9000, "about 3 hours"),
        (200_000, "about 3 days"),
    ],
)
def test_words_are_not_more_exact_than_the_numbers(seconds: float | None, words: str) -> None:
    assert in_words(Progress(seconds=seconds)) == words
