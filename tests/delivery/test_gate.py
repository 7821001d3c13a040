"""The render gate: one message that cannot be written stops the letter before the first one is sent (promise 5)."""

from sqlalchemy import select, update

from app.delivery.composing import Composer
from app.delivery.control import pause_edition
from app.delivery.editions import composer_of, get_edition
from app.delivery.gate import pass_gate
from app.delivery.holds import take_hold
from app.delivery.ledger import open_ledger
from app.delivery.models import Edition, EditionState
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.foundation.db import Database
from app.subscribers.models import Subscriber
from tests.cast import seed_cast
from tests.delivery.conftest import open_letter, sent_by
from tests.delivery.post import KEY, check_identity, freeze_letter, many_readers
from tests.fixtures.clock import FrozenClock


def test_a_message_that_cannot_be_written_to_reader_500_is_found_before_reader_1(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        many_readers(session, clock(), cast.letter_id, 599)
        [broken] = session.scalars(select(Subscriber).where(Subscriber.address == "reader500@example.org"))
        session.execute(
            update(Subscriber).where(Subscriber.id == broken.id).values(address="no address\r\nat all")
        )
        edition_id = freeze_letter(session, clock(), cast.letter_id).id
        open_ledger(session, clock(), edition_id)
    sent = send_edition(office, edition_id)
    assert sent_by(office) == []
    assert "no address" in sent.paused
    with database.reading() as session:
        edition = session.get_one(Edition, edition_id)
        assert edition.state is EditionState.PAUSED
        assert "1 of 600 messages cannot be written" in edition.pause_reason
        assert check_identity(session, edition_id).queued == 600


def test_who_is_called_near_the_end_waits_for_it_and_then_sends(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=30)
    name = f"gate:{edition_id}"
    with database.writing() as session:
        assert take_hold(session, clock(), name, "another", milliseconds=60_000)
    assert send_edition(office, edition_id).chunks == 0, (
        "somebody else is checking, and this one was not called"
    )

    def the_other_comes_to_an_end(_seconds: float) -> None:
        with database.writing() as session:
            session.execute(update(Edition).values(gated_at=clock()))

    assert pass_gate(office, edition_id, composer(office, edition_id), sleep=the_other_comes_to_an_end).open
    assert send_edition(office, edition_id, called=True).chunks == 1


def test_who_is_called_sends_nothing_when_the_check_ends_badly(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=30)
    with database.writing() as session:
        assert take_hold(session, clock(), f"gate:{edition_id}", "another", milliseconds=60_000)

    def the_other_finds_a_fault(_seconds: float) -> None:
        with database.writing() as session:
            pause_edition(session, clock(), edition_id, "one message cannot be written")

    assert not pass_gate(office, edition_id, composer(office, edition_id), sleep=the_other_finds_a_fault).open


def test_others_are_called_once_whether_there_is_something_to_check_or_not(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=30)
    calls: list[int] = []
    send_edition(office, edition_id, call=lambda: calls.append(len(sent_by(office))))
    assert calls == [0], "before the first message, because they take a while to come"
    send_edition(office, edition_id, call=lambda: calls.append(len(sent_by(office))))
    assert len(calls) == 2


def composer(office: Office, edition_id: int) -> Composer:
    with office.database.reading() as session:
        return composer_of(session, get_edition(session, edition_id), office.letterhead)
