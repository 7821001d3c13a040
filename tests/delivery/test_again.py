"""Once more, to those without a copy: nobody who has one gets a second, and the identity holds all the way."""

import re

import pytest
from sqlalchemy import select, update

from app.delivery.again import newcomers, send_to_newcomers, send_to_one, send_to_unreached, unreached
from app.delivery.answers import Answer, Step
from app.delivery.control import stop_edition
from app.delivery.models import Edition, Outcome, OutcomeState
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.foundation.db import Database
from app.foundation.errors import Conflict
from app.subscribers.models import Subscriber, SuppressionReason
from app.subscribers.preferences import leave
from app.subscribers.suppression import suppress
from tests.cast import ALICE, verified_reader
from tests.delivery.conftest import memory, open_letter, sent_by
from tests.delivery.post import KEY, check_identity
from tests.fixtures.clock import FrozenClock

BUSY = Answer(Step.RCPT, 550, "5.7.1 not today", "memory")


def reader(number: int) -> str:
    return f"reader{number}@example.org"


def test_only_those_without_a_copy_get_one(office: Office, database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=6)
    for number in range(4):
        memory(office).answers[reader(number)] = BUSY
    send_edition(office, edition_id)
    memory(office).answers.clear()
    first = sent_by(office)
    with database.writing() as session:
        people = {each.address: each for each in session.scalars(select(Subscriber))}
        suppress(session, clock(), people[reader(0)].address_hash, SuppressionReason.COMPLAINT)
        leave(session, clock(), people[reader(1)].id, None, "unsubscribe page")
        assert unreached(session, edition_id) == 2
        assert send_to_unreached(session, clock(), edition_id) == 2
        counts = check_identity(session, edition_id)
        assert (counts.audience, counts.queued, counts.accepted, counts.failed) == (9, 2, 3, 4)
    send_edition(office, edition_id)
    assert sorted(sent_by(office)[len(first) :]) == [reader(2), reader(3)]
    with database.writing() as session:
        assert check_identity(session, edition_id).accepted == 5
        assert unreached(session, edition_id) == 0
        with pytest.raises(Conflict, match="nobody without a copy"):
            send_to_unreached(session, clock(), edition_id)


def test_the_same_form_twice_queues_nobody_twice(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    memory(office).answers[reader(0)] = BUSY
    send_edition(office, edition_id)
    with database.writing() as session:
        assert send_to_unreached(session, clock(), edition_id) == 1
    with database.writing() as session, pytest.raises(Conflict, match="sending"):
        send_to_unreached(session, clock(), edition_id)
    for _ in range(3):  # refused again and again: each resend is an occasion of its own
        send_edition(office, edition_id)
        with database.writing() as session:
            assert send_to_unreached(session, clock(), edition_id) == 1
            assert unreached(session, edition_id) == 0
            check_identity(session, edition_id)


def test_an_uncertain_copy_may_have_arrived_so_the_author_has_to_say_so(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=1)
    memory(office).answers[reader(0)] = BUSY
    send_edition(office, edition_id)
    with database.writing() as session:
        session.execute(
            update(Outcome).where(Outcome.state == OutcomeState.FAILED).values(state=OutcomeState.UNCERTAIN)
        )
        assert (unreached(session, edition_id), unreached(session, edition_id, uncertain=True)) == (0, 1)
        assert send_to_unreached(session, clock(), edition_id, uncertain=True) == 1


def test_what_was_stopped_for_good_stays_stopped(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    with database.writing() as session:
        stop_edition(session, clock(), edition_id)
        with pytest.raises(Conflict, match="stopped"):
            send_to_unreached(session, clock(), edition_id)
    send_edition(office, edition_id)
    assert sent_by(office) == []


def test_the_gate_looks_at_the_added_ones_too(office: Office, database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=2)
    memory(office).answers[reader(0)] = BUSY
    send_edition(office, edition_id)
    memory(office).answers.clear()
    with database.writing() as session:
        send_to_unreached(session, clock(), edition_id)
        session.execute(
            update(Subscriber).where(Subscriber.address == reader(0)).values(address="no\r\naddress")
        )
    before = sent_by(office)
    assert "cannot stand in a header" in send_edition(office, edition_id).paused
    assert sent_by(office) == before
    with database.reading() as session:
        assert session.get_one(Edition, edition_id).state.value == "paused"


def test_whoever_joined_since_gets_a_first_copy_and_nobody_a_second(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    send_edition(office, edition_id)
    with database.writing() as session:
        topic_id = session.get_one(Edition, edition_id).topic_id
        assert topic_id is not None
        assert newcomers(session, edition_id) == 0
        verified_reader(session, clock(), KEY, "dora@example.org", topic_id)
        assert newcomers(session, edition_id) == 1
        assert send_to_newcomers(session, clock(), edition_id) == 1
    send_edition(office, edition_id)
    assert sorted(sent_by(office)) == [ALICE, "dora@example.org", reader(0), reader(1)]
    with database.writing() as session:
        assert check_identity(session, edition_id).accepted == 4
        with pytest.raises(Conflict, match="joined since"):
            send_to_newcomers(session, clock(), edition_id)


def test_one_reader_who_asks_gets_another_copy_with_its_own_message_id(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    send_edition(office, edition_id)
    with database.writing() as session:
        alice = session.scalars(select(Subscriber).where(Subscriber.address == ALICE)).one()
        send_to_one(session, clock(), edition_id, alice.id)
        with pytest.raises(Conflict, match="on its way"):
            send_to_one(session, clock(), edition_id, alice.id)
    send_edition(office, edition_id)
    heads = [each.head for each in memory(office).sent if each.recipient == ALICE]
    assert len({tuple(re.findall(rb"Message-ID: (\S+)", head)) for head in heads}) == 2
    assert len(sent_by(office)) == 4
    with database.writing() as session:
        assert check_identity(session, edition_id).accepted == 4
        leave(session, clock(), alice.id, None, "unsubscribe page")
        with pytest.raises(Conflict, match="left"):
            send_to_one(session, clock(), edition_id, alice.id)
