"""What senders stand on gives way: acknowledgements, clocks, disks; and a relay that shares no line with ours."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.delivery.models import Edition
from app.foundation.db import open_database
from tests.faults.conftest import Scene
from tests.fixtures.cutting_proxy import cutting_proxy
from tests.fixtures.smtp_sink_of_postfix import foreign_sink, smtp_sink_program

pytestmark = pytest.mark.fault

DAY = 86_400.0


@pytest.mark.small_chunks
@pytest.mark.readers(120)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_commit_whose_acknowledgement_was_lost_happened_once(scene: Scene) -> None:
    """F21: the sender asks the ledger what it knows already, and never sends by guessing."""
    url = make_url(scene.order.database_url)
    with cutting_proxy(Path(str(url.query["host"])) / ".s.PGSQL.5432", each=3) as proxy:
        through = url.set(query={"host": str(proxy.folder)}).render_as_string(hide_password=False)
        for _ in range(20):
            scene.nursery.wait(scene.nursery.sender(replace(scene.order, database_url=through)))
            if scene.counts().open == 0:
                break
        cuts = proxy.cuts
    counts = scene.check_everybody_once(120)
    assert cuts >= 2
    assert counts.uncertain == 0
    scene.report(counts, breakages=cuts)


@pytest.mark.small_chunks
@pytest.mark.readers(200)
def test_clocks_that_are_days_apart_send_to_everybody_once(scene: Scene) -> None:
    """F17: leases live by the database's clock, so a sender from tomorrow takes nothing from one of yesterday."""
    yesterday = scene.nursery.sender(replace(scene.order, skew=-DAY))
    scene.sink.wait_for(20, 60)
    tomorrow = scene.nursery.sender(replace(scene.order, skew=DAY))
    scene.sink.wait_for(60, 60)
    os.kill(yesterday, signal.SIGKILL)
    for pid in (yesterday, tomorrow):
        scene.nursery.wait(pid)
    assert scene.nursery.wait(scene.nursery.sender(scene.order)) == 0
    counts = scene.check_everybody_once(200)
    assert counts.uncertain <= scene.order.connections
    scene.report(counts, kills=1)


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of one megabyte, or as large as the test says."""
    size = getattr(request, "param", "1m")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use the disk up to its last byte."""
    file = folder / "full"
    with file.open("wb") as out:
        try:
            while True:
                out.write(bytes(65_536))
                out.flush()
        except OSError:
            pass
    return file


@pytest.mark.small_chunks
@pytest.mark.readers(60)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_room_for_its_journal_a_sender_sends_nothing_and_says_why(
    scene: Scene, small_disk: Path
) -> None:
    """F19: what is not in the journal could be sent twice, so it is not sent at all."""
    order = replace(scene.order, folder=str(small_disk))
    full = fill(small_disk)
    scene.nursery.wait(scene.nursery.sender(order))
    assert scene.sink.copies() == {}
    with scene.database.reading() as session:
        assert "journal cannot be written" in session.get_one(Edition, scene.edition_id).trouble
    assert scene.counts().queued == 60
    full.unlink()
    assert scene.nursery.wait(scene.nursery.sender(replace(order, skew=120.0))) == 0
    scene.report(scene.check_everybody_once(60), breakages=1)


@pytest.mark.small_chunks
@pytest.mark.readers(600)
@pytest.mark.parametrize("small_disk", ["6m"], indirect=True)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ledger_on_a_full_disk_loses_nobody(scene: Scene, small_disk: Path) -> None:
    """F19: what was sent and could not be written down stands in the journal, which lies elsewhere here."""
    there = small_disk / "handoff.sqlite3"
    with scene.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # a copy is made outside of transactions
        connection.exec_driver_sql(f"VACUUM INTO '{there}'")
    order = replace(scene.order, database_url=f"sqlite:///{there}", lease_seconds=2.0)
    small = replace(scene, database=open_database(order.database_url), order=order)
    pid = small.nursery.sender(order)
    small.sink.wait_for(40, 60)
    full = fill(small_disk)
    small.nursery.wait(pid)
    assert len(small.sink.copies()) < 600
    full.unlink()
    for _ in range(3):
        small.nursery.wait(small.nursery.sender(replace(order, lease_seconds=60.0)))
    counts = small.check_everybody_once(600)
    assert counts.uncertain <= order.connections
    small.database.engine.dispose()
    small.report(counts, breakages=1)


@pytest.mark.small_chunks
@pytest.mark.readers(200)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ledger_that_cannot_be_written_for_a_while_forgets_nobody(scene: Scene) -> None:
    """F20: somebody else holds SQLite's lock for longer than a lease lasts."""
    order = replace(scene.order, lease_seconds=1.0)
    pid = scene.nursery.sender(order)
    scene.sink.wait_for(40, 60)
    with scene.database.writing():
        time.sleep(1.5)
    scene.nursery.wait(pid)
    scene.nursery.wait(scene.nursery.sender(scene.order))
    counts = scene.check_everybody_once(200)
    assert counts.uncertain <= order.connections
    scene.report(counts, breakages=1)


@pytest.mark.skipif(
    smtp_sink_program() is None, reason="Postfix's smtp-sink is not here; `make system` brings it"
)
@pytest.mark.small_chunks
@pytest.mark.readers(200)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_postfix_s_sink_wrote_down_is_what_the_ledger_says(scene: Scene, tmp_path: Path) -> None:
    with foreign_sink(tmp_path) as sink:
        order = replace(scene.order, relay=sink.url)
        for copies in (20, 90):
            pid = scene.nursery.sender(order)
            while len(sink.copies()) < copies:
                time.sleep(0.002)
            os.kill(pid, signal.SIGKILL)
            scene.nursery.wait(pid)
        assert scene.nursery.wait(scene.nursery.sender(order)) == 0
        kept, unsure, counts = sink.copies(), scene.uncertain(), scene.counts()
    assert set(kept.values()) == {1}
    assert counts.open == 0
    assert counts.accepted == len(set(kept) - unsure)
    assert counts.accepted + counts.uncertain == 200
    assert counts.uncertain <= 2 * order.connections


@pytest.mark.skipif(
    smtp_sink_program() is None, reason="Postfix's smtp-sink is not here; `make system` brings it"
)
@pytest.mark.small_chunks
@pytest.mark.readers(20)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sink_that_keeps_the_mail_and_hangs_up_leaves_it_uncertain(scene: Scene, tmp_path: Path) -> None:
    """F3: the mail is there and the answer is not; nobody gets a second one."""
    with foreign_sink(tmp_path, "-q", ".") as sink:
        for _ in range(3):
            scene.nursery.wait(scene.nursery.sender(replace(scene.order, relay=sink.url, skew=3600.0)))
        kept = sink.copies()
    assert set(kept.values()) == {1}
    assert set(kept) == scene.uncertain()
    assert scene.counts().accepted == 0
