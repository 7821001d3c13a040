"""A worker that died: what it knew is kept, what nobody can know is uncertain, the rest is sent."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, event, func, select

from app.delivery.journal import FileJournal, Mark, drop_orphans, read_journal
from app.delivery.leasing import Lease, lease_chunk
from app.delivery.models import Chunk, ChunkState, OutcomeState
from app.delivery.office import Office
from app.delivery.outcomes import LeaseLost, Result, record
from app.delivery.owners import is_dead, this_process
from app.delivery.recovery import find_abandoned, forget_journal, recover
from app.delivery.sending import send_edition
from app.foundation.db import Database
from tests.delivery.conftest import memory, open_letter, sent_by
from tests.delivery.post import check_identity
from tests.fixtures.clock import FrozenClock

DEAD = this_process().replace("/", "/9", 1)


def lease_of(database: Database, clock: FrozenClock, edition_id: int, owner: str = DEAD) -> Lease:
    with database.writing() as session:
        lease = lease_chunk(session, clock(), edition_id=edition_id, owner=owner)
    assert lease is not None
    return lease


def take_over(database: Database, clock: FrozenClock, journals: Path) -> int:
    with database.reading() as session:
        [abandoned] = find_abandoned(session)
    with database.writing() as session:
        uncertain = recover(session, clock(), abandoned, journals)
    forget_journal(journals, abandoned)
    return uncertain


def test_the_journal_tells_who_was_answered_and_who_was_in_flight(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=9)
    lease = lease_of(database, clock, edition_id)
    ids = [reader.delivery_id for reader in lease.readers]
    journal = FileJournal(office.journals, lease.chunk_id, lease.fence, ids, owner=DEAD)
    for number, mark in enumerate((Mark.ACCEPTED, Mark.ACCEPTED, Mark.IN_FLIGHT, Mark.REFUSED)):
        journal.mark(number, mark)
    assert take_over(database, clock, office.journals) == 1
    send_edition(office, edition_id)
    with database.reading() as session:
        counts = check_identity(session, edition_id)
    assert (counts.accepted, counts.uncertain) == (9, 1)
    assert sorted(message.delivery_id for message in memory(office).sent) == ids[3:]


def test_without_its_journal_the_unwritten_part_of_a_lease_is_uncertain(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=9)
    lease = lease_of(database, clock, edition_id)
    first = lease.readers[0]
    with database.writing() as session:
        done = Result(first.delivery_id, first.attempt, OutcomeState.ACCEPTED, clock(), code=250)
        record(session, lease.chunk_id, lease.fence, [done])
    assert take_over(database, clock, office.journals) == 9
    send_edition(office, edition_id)
    assert sent_by(office) == []


def test_an_owner_that_was_overtaken_can_write_nothing(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock)
    stale = lease_of(database, clock, edition_id)
    take_over(database, clock, office.journals)
    late = Result(stale.readers[0].delivery_id, 1, OutcomeState.ACCEPTED, clock(), code=250)
    try:
        with database.writing() as session:
            record(session, stale.chunk_id, stale.fence, [late])
        raise AssertionError("a stale fence was let through")
    except LeaseLost:
        with database.reading() as session:
            assert check_identity(session, edition_id).uncertain == 1


def test_a_living_owner_is_left_alone(database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock)
    lease_of(database, clock, edition_id, owner=this_process())
    with database.reading() as session:
        assert find_abandoned(session) == []


def test_death_is_proved_by_machine_boot_pid_and_start() -> None:
    here = this_process()
    assert not is_dead(here)
    assert is_dead(DEAD)
    assert not is_dead("elsewhere." + here)
    machine, _, rest = here.partition("~")
    assert is_dead(f"{machine}~another{rest[8:]}"), "the machine was started again since"


def test_a_journal_of_another_boot_is_not_believed(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, 1, 1, [5, 6], owner=DEAD)
    journal.mark(1, Mark.ACCEPTED)
    assert read_journal(tmp_path, 1, 1, owner=DEAD) is not None
    raw = bytearray(journal.path.read_bytes())
    raw[10] ^= 1
    journal.path.write_bytes(raw)
    assert read_journal(tmp_path, 1, 1, owner=DEAD) is None


def test_a_journal_of_another_owner_is_not_believed(tmp_path: Path) -> None:
    FileJournal(tmp_path, 1, 1, [5, 6], owner=DEAD)
    assert read_journal(tmp_path, 1, 1, owner=this_process()) is None


def test_a_lease_is_never_committed_before_its_journal_is_there(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=700)
    seen: list[int] = []

    def look(connection: Connection) -> None:
        leased = connection.execute(select(func.count()).where(Chunk.state == ChunkState.LEASED)).scalar_one()
        journals = len(list(office.journals.iterdir())) if leased else 0
        seen.append(leased)
        assert journals >= leased

    event.listen(database.engine, "commit", look)
    try:
        send_edition(office, edition_id)
    finally:
        event.remove(database.engine, "commit", look)
    assert max(seen) >= 1
    assert list(office.journals.iterdir()) == []


def test_a_journal_with_a_mark_nobody_makes_is_not_believed(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, 1, 1, [5, 6], owner=DEAD)
    journal.path.write_bytes(journal.path.read_bytes()[:-1] + b"\x07")
    assert read_journal(tmp_path, 1, 1, owner=DEAD) is None


def test_a_journal_nobody_comes_for_is_dropped_after_a_week(tmp_path: Path, clock: FrozenClock) -> None:
    old, young = (FileJournal(tmp_path, chunk, 1, [5], owner=DEAD) for chunk in (1, 2))
    for journal, days in ((old, 8), (young, 6)):
        written = (clock() - timedelta(days=days)).timestamp()
        os.utime(journal.path, (written, written))
    drop_orphans(tmp_path, clock())
    assert not old.path.exists()
    assert young.path.exists()


def test_a_journal_cut_short_is_not_believed(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, 1, 1, [5, 6], owner=DEAD)
    journal.path.write_bytes(journal.path.read_bytes()[:-1])
    assert read_journal(tmp_path, 1, 1, owner=DEAD) is None


def test_a_full_disk_stops_sending_before_the_first_message(
    office: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    edition_id = open_letter(database, clock)
    sent = send_edition(replace(office, journals=blocked), edition_id)
    assert "journal" in sent.trouble
    assert sent_by(office) == []
    with database.reading() as session:
        assert check_identity(session, edition_id).queued == 1
