"""Everything around a sender breaks while it sends: workers, their children, clocks, the queue, the database.

After each run everybody has one copy, but for those who are uncertain, who left or complained in time, and nobody is
mailed who had left before their part of the letter was leased.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.delivery.models import Chunk, Delivery, Outcome, OutcomeState
from app.subscribers.models import Subscriber, SuppressionReason
from app.subscribers.preferences import leave
from app.subscribers.suppression import suppress
from tests.faults.conftest import Scene
from tests.faults.stage import Stage, set_up

pytestmark = pytest.mark.fault

Breaking = Callable[[Stage], None]
EVERYTHING: tuple[Breaking, ...] = (
    Stage.kill_a_worker,
    Stage.kill_a_child,
    Stage.kill_the_clock,
    Stage.kill_the_queue,
    Stage.lose_the_queue,
    Stage.flush_the_queue,
    Stage.ring_five_times,
    Stage.shake_the_database,
)


class Leavers:
    """Readers who unsubscribe or complain while the letter goes out, and when that was committed."""

    def __init__(self, scene: Scene, chance: random.Random, readers: int) -> None:
        self.scene = scene
        self.left: dict[int, datetime] = {}
        self._waiting = chance.sample(range(2, readers), min(60, readers // 8))

    def go(self) -> None:
        """The next two of them."""
        for n in (self._waiting.pop(), self._waiting.pop()):
            with self.scene.database.writing() as session:
                subscriber = session.get(Subscriber, n)
                if subscriber is None or not subscriber.address.startswith("reader"):
                    continue
                now = datetime.now(UTC)
                if n % 2:
                    leave(session, now, n, None, "unsubscribe page")
                else:
                    suppress(session, now, subscriber.address_hash, SuppressionReason.COMPLAINT)
            self.left[n] = datetime.now(UTC)

    def check(self) -> int:
        """Whoever had left before their chunk was leased got nothing; how many were kept from it."""
        with self.scene.database.reading() as session:
            rows = session.execute(
                select(Delivery.recipient_id, Chunk.leased_at, Outcome.state, Outcome.at)
                .join(Chunk, Delivery.id.between(Chunk.first_id, Chunk.last_id))
                .join(Outcome, (Outcome.delivery_id == Delivery.id) & (Outcome.attempt == Delivery.attempt))
                .where(Delivery.recipient_id.in_(self.left))
            ).all()
        spared = 0
        for reader, leased_at, state, at in rows:
            if state is OutcomeState.EXCLUDED:
                spared += 1
            else:
                assert leased_at is not None
                in_the_last_lease = at >= leased_at  # an earlier one is not written down any more
                late = self.left[reader] < leased_at and in_the_last_lease
                assert not late, f"reader {reader} had left before the lease"
        return spared


def break_everything(
    scene: Scene, folder: Path, *, moments: int, seed: int, rate: float, workers: int
) -> None:
    """Send to the end while something breaks at `moments` seeded moments."""
    chance = random.Random(seed)
    with scene.database.reading() as session:
        readers = session.scalar(select(func.count()).where(Delivery.exclusion.is_(None))) or 0
    faults = [EVERYTHING[n % len(EVERYTHING)] for n in range(moments)]
    chance.shuffle(faults)
    at = sorted(chance.sample(range(readers // 100 + 1, readers * 90 // 100), moments))
    leavers = Leavers(scene, chance, readers)
    with set_up(scene, folder, workers=workers, rate=rate) as stage:
        stage.ring()
        for number, fault in zip(at, faults, strict=True):
            stage.wait_for_copies(number)
            if chance.random() < 0.5:
                leavers.go()
            fault(stage)
        stage.wait_for_the_end()
    counts = scene.counts()
    copies, unsure = scene.sink.copies(), scene.uncertain()
    assert {address: n for address, n in copies.items() if n > 1} == {}
    assert counts.failed == counts.deferred == 0
    assert counts.accepted == len(set(copies) - unsure)
    assert counts.accepted + counts.uncertain + leavers.check() == readers
    assert counts.uncertain <= stage.kills * 2
    scene.report(counts, kills=stage.kills, breakages=moments)


@pytest.mark.timeout(180)
@pytest.mark.small_chunks
@pytest.mark.readers(240)
def test_whatever_breaks_everybody_gets_one_copy(scene: Scene, tmp_path: Path) -> None:
    break_everything(scene, tmp_path, moments=len(EVERYTHING), seed=7, rate=100, workers=3)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.small_chunks
@pytest.mark.readers(2000)
@pytest.mark.parametrize("seed", range(5))
def test_fifty_breakages_over_two_thousand_readers(scene: Scene, tmp_path: Path, seed: int) -> None:
    break_everything(scene, tmp_path, moments=50, seed=seed, rate=60, workers=3)


@pytest.mark.timeout(120)
@pytest.mark.small_chunks
@pytest.mark.readers(120)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_job_rung_five_times_for_eight_workers_sends_once(scene: Scene, tmp_path: Path) -> None:
    with set_up(scene, tmp_path, workers=8, rate=200) as stage:
        stage.ring(5)
        stage.wait_for_the_end()
    counts = scene.check_everybody_once(120)
    assert counts.uncertain == 0
    scene.report(counts)
