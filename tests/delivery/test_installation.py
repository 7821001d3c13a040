"""A clone and a restored backup send nothing by themselves; machines that come and go do not look like clones."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from sqlalchemy import select

from app.delivery.answers import Answer, Step
from app.delivery.editions import freeze_edition
from app.delivery.installation import (
    ANOTHER,
    MISSING,
    NEW,
    NEWER,
    go_on,
    go_on_afresh,
    standing_of,
    stay_quiet,
    waiting,
)
from app.delivery.ledger import queue_delivery
from app.delivery.models import Edition, EditionClass, EditionState, InstallationState, RecipientKind
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.delivery.sentry import Sentry
from app.delivery.witness import Evidence, Place, Witness
from app.foundation.db import Database
from app.foundation.errors import Conflict, Unavailable
from app.foundation.storage import LocalStorage, Storage
from app.subscribers.models import Subscriber
from tests.cast import ALICE, seed_cast
from tests.delivery.conftest import memory, open_letter, sent_by
from tests.delivery.post import KEY, check_identity, rendered_letter
from tests.fixtures.backups import Backup
from tests.fixtures.clock import FrozenClock

HERE = Place(address="https://letters.dcx.example")


@pytest.fixture
def files(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


@pytest.fixture
def guarded(office: Office, files: LocalStorage) -> Office:
    """The office with a sentry at its door."""
    return guard(office, files)


def guard(office: Office, storage: Storage, place: Place = HERE, beside: redis.Redis | None = None) -> Office:
    return replace(office, sentry=Sentry(office.database, office.clock, Witness(storage, place, beside)))


def state(database: Database) -> InstallationState:
    with database.reading() as session:
        return standing_of(session).state


def sentry(office: Office) -> Sentry:
    assert office.sentry is not None
    return office.sentry


def answer(office: Office, *, afresh: bool = False) -> None:
    """As the studio does it."""
    witness = sentry(office).witness
    seen, place = witness.read(), witness.place
    with office.database.writing() as session:
        told = (go_on_afresh if afresh else go_on)(session, office.clock(), seen, place)
    witness.write(told)


def test_a_fresh_installation_sends_at_once_and_goes_on(
    guarded: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    for _ in range(3):
        assert send_edition(guarded, edition_id).trouble == ""
    assert len(sent_by(guarded)) == 3


def test_after_a_restore_nobody_is_mailed_twice(
    guarded: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    edition_id = open_letter(database, clock, readers=9)
    sentry(guarded).look()
    yesterday = Backup(database, tmp_path)
    send_edition(guarded, edition_id)
    assert len(sent_by(guarded)) == 10
    yesterday.restore()
    clock.advance(hours=1)
    sent = send_edition(guarded, edition_id)
    assert sent.trouble == NEWER
    assert state(database) is InstallationState.HELD
    with database.reading() as session:
        assert [(each.edition_id, each.readers) for each in waiting(session)] == [(edition_id, 10)]
    answer(guarded, afresh=True)
    send_edition(guarded, edition_id)
    with database.reading() as session:
        assert session.get_one(Edition, edition_id).state is EditionState.PAUSED
    assert len(sent_by(guarded)) == 10


def test_after_a_restore_only_single_mails_asked_for_since_go_out(
    guarded: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    def ask(occasion: str) -> None:
        with database.writing() as session:
            alice = session.scalars(select(Subscriber).where(Subscriber.address == ALICE)).one()
            edition = freeze_edition(
                session,
                clock(),
                key="confirm",
                edition_class=EditionClass.REQUESTED,
                rendered=rendered_letter(),
                sender="Mark Levy <mark@dcx.example>",
            )
            queue_delivery(
                session,
                clock(),
                edition_id=edition.id,
                recipient_kind=RecipientKind.SUBSCRIBER,
                recipient_id=alice.id,
                occasion=occasion,
            )

    with database.writing() as session:
        seed_cast(session, clock(), KEY)
    sentry(guarded).look()
    ask("yesterday")
    yesterday = Backup(database, tmp_path)
    sentry(guarded).look()
    yesterday.restore()
    clock.advance(hours=1)
    sentry(guarded).look()
    clock.advance(minutes=1)
    ask("today")
    answer(guarded, afresh=True)
    send_edition(guarded, 1)
    assert sent_by(guarded) == [ALICE]
    with database.reading() as session:
        counts = check_identity(session, 1)
        assert (counts.accepted, counts.excluded) == (1, 1)


def test_a_backup_that_was_made_while_sending_is_known_after_the_next_tick(
    guarded: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    edition_id = open_letter(database, clock, readers=3)
    memory(guarded).answers[ALICE] = Answer(Step.RCPT, 451, "4.7.1 greylisted", "memory")
    send_edition(guarded, edition_id)
    while_sending = Backup(database, tmp_path)
    sentry(guarded).look()
    while_sending.restore()
    memory(guarded).answers.clear()
    clock.advance(hours=1)
    assert send_edition(guarded, edition_id).trouble == NEWER
    assert ALICE not in sent_by(guarded)


def test_the_moved_installation_goes_on_where_it_stopped(
    guarded: Office, office: Office, database: Database, clock: FrozenClock, files: LocalStorage
) -> None:
    edition_id = open_letter(database, clock, readers=3)
    sentry(guarded).look()
    moved = guard(office, files, Place(address="https://elsewhere.example"))
    assert "another public address" in send_edition(moved, edition_id).trouble
    answer(moved)
    send_edition(moved, edition_id)
    with database.reading() as session:
        assert check_identity(session, edition_id).accepted == 4


def test_a_copy_that_is_told_to_stay_quiet_stays_quiet(
    guarded: Office, office: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    edition_id = open_letter(database, clock, readers=3)
    sentry(guarded).look()
    clone = guard(office, LocalStorage(tmp_path / "other"))
    assert send_edition(clone, edition_id).trouble == MISSING
    with database.writing() as session:
        stay_quiet(session, clock())
    assert send_edition(clone, edition_id).trouble
    assert state(database) is InstallationState.QUIET
    assert sent_by(clone) == []


def test_a_folder_that_was_copied_is_not_the_folder(
    guarded: Office, office: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    edition_id = open_letter(database, clock)
    sentry(guarded).look()
    shutil.copytree(tmp_path / "files", tmp_path / "copied")
    clone = guard(office, LocalStorage(tmp_path / "copied"))
    assert "were copied" in send_edition(clone, edition_id).trouble
    assert sent_by(clone) == []


def test_a_folder_that_was_moved_is_still_the_folder(
    guarded: Office, office: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    edition_id = open_letter(database, clock)
    sentry(guarded).look()
    (tmp_path / "files").rename(tmp_path / "moved")
    send_edition(guard(office, LocalStorage(tmp_path / "moved")), edition_id)
    assert sent_by(office) == [ALICE]


def test_an_empty_database_beside_old_files_asks_first(
    guarded: Office, database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    edition_id = open_letter(database, clock)
    before = Backup(database, tmp_path)
    sentry(guarded).look()
    before.restore()
    assert send_edition(guarded, edition_id).trouble == NEW
    assert sent_by(guarded) == []


def test_of_two_that_share_their_files_only_one_sends(
    guarded: Office, office: Office, database: Database, clock: FrozenClock, files: LocalStorage
) -> None:
    """The clone was told to go on: from then on the witness speaks of it, and the other one asks."""
    edition_id = open_letter(database, clock)
    sentry(guarded).look()
    sentry(guarded).witness.write(Evidence("the clone that was told to go on", 1))
    assert send_edition(guarded, edition_id).trouble == ANOTHER
    answer(guarded)
    assert send_edition(guarded, edition_id).trouble == ""
    with database.writing() as session, pytest.raises(Conflict):
        go_on(session, clock(), None, HERE)


def test_many_stateless_machines_are_one_installation(
    office: Office, database: Database, clock: FrozenClock, files: LocalStorage
) -> None:
    edition_id = open_letter(database, clock, readers=5)
    for number in range(4):
        machine = replace(guard(office, files), owner=f"machine {number}")
        assert send_edition(machine, edition_id).trouble == ""
    assert len(sent_by(office)) == 6


def test_files_brought_back_with_the_database_are_told_apart_by_the_queue(
    office: Office, database: Database, clock: FrozenClock, tmp_path: Path, redis_url: str
) -> None:
    edition_id = open_letter(database, clock)
    storage = LocalStorage(tmp_path / "files")
    with redis.Redis.from_url(redis_url) as queue:
        guarded = guard(office, storage, beside=queue)
        sentry(guarded).look()
        witness = storage.get("installation/witness.json")
        yesterday = Backup(database, tmp_path)
        sentry(guarded).look()
        yesterday.restore()
        storage.put("installation/witness.json", witness)
        assert send_edition(guarded, edition_id).trouble == NEWER


class Away(LocalStorage):
    def get(self, key: str) -> bytes:
        raise ConnectionError("the bucket does not answer")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_witness_that_cannot_be_asked_makes_everybody_wait(
    office: Office, database: Database, clock: FrozenClock, files: LocalStorage, tmp_path: Path
) -> None:
    edition_id = open_letter(database, clock)
    away = guard(office, Away(tmp_path / "files"))
    assert "cannot be read" in send_edition(away, edition_id).trouble
    with pytest.raises(Unavailable):
        sentry(away).look()
    send_edition(guard(office, files), edition_id)
    assert sent_by(office) == [ALICE]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_letters_move_the_mark_each_time(guarded: Office, database: Database) -> None:
    def mark() -> int:
        told = sentry(guarded).witness.read()
        assert told is not None
        return told.mark

    sentry(guarded).look()
    before = mark()
    sentry(guarded).look(at_least_ms=60_000)
    assert mark() == before
    sentry(guarded).look()
    assert mark() == before + 1
