"""Stopping for good, and what an author may do about a mail that nobody can be sure of."""

import pytest
from sqlalchemy import select

from app.delivery.answers import Answer, Step
from app.delivery.control import leave_uncertain, send_again, stop_edition
from app.delivery.models import LEFT_AS_IT_IS, Delivery, Edition, EditionState, Exclusion, RecipientKind
from app.delivery.office import Office
from app.delivery.queries import DeliveryState, history, people, undecided
from app.delivery.sending import send_edition
from app.foundation.db import Database
from app.foundation.errors import Conflict, NotFound
from tests.cast import ALICE
from tests.delivery.conftest import memory, open_letter, sent_by
from tests.delivery.post import check_identity
from tests.fixtures.clock import FrozenClock


def test_stopping_excludes_whoever_has_not_been_mailed(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=4)
    memory(office).answers[ALICE] = Answer(Step.RCPT, 451, "4.7.1 greylisted", "memory")
    send_edition(office, edition_id)
    with database.writing() as session:
        stop_edition(session, clock(), edition_id, "wrong link")
    with database.reading() as session:
        counts = check_identity(session, edition_id)
        assert (counts.accepted, counts.excluded, counts.open) == (4, 1, 0)
        [alice] = people(session, edition_id, state=DeliveryState.EXCLUDED).items
        assert (alice.address, alice.reply) == (ALICE, Exclusion.STOPPED.value)
        assert session.get_one(Edition, edition_id).state is EditionState.STOPPED
    clock.advance(days=1)
    send_edition(office, edition_id)
    assert ALICE not in sent_by(office)


def test_stopping_before_the_first_mail_excludes_everybody(database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=4)
    with database.writing() as session:
        stop_edition(session, clock(), edition_id)
    with database.reading() as session:
        assert check_identity(session, edition_id).excluded == 5
    with database.writing() as session, pytest.raises(Conflict):
        stop_edition(session, clock(), edition_id)


def test_an_uncertain_mail_is_sent_again_only_when_the_author_says_so(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    memory(office).answers[ALICE] = Answer(Step.DOT, 0, "lost", "memory", lost=True)
    send_edition(office, edition_id)
    memory(office).answers.clear()
    clock.advance(days=1)
    send_edition(office, edition_id)
    assert ALICE not in sent_by(office)
    with database.writing() as session:
        [alice] = people(session, edition_id, state=DeliveryState.UNCERTAIN).items
        send_again(session, clock(), alice.delivery_id)
    with database.reading() as session:
        assert check_identity(session, edition_id).queued == 1
    send_edition(office, edition_id)
    assert sent_by(office).count(ALICE) == 1
    with database.reading() as session:
        assert check_identity(session, edition_id).accepted == 3
        [event] = history(session, RecipientKind.SUBSCRIBER, alice.recipient_id)
        assert [attempt.state.value for attempt in event.attempts] == ["uncertain", "accepted"]


def test_a_mail_that_arrived_is_not_sent_again(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock)
    send_edition(office, edition_id)
    with database.writing() as session:
        delivery_id = session.scalars(select(Delivery.id).where(Delivery.edition_id == edition_id)).one()
        with pytest.raises(Conflict):
            send_again(session, clock(), delivery_id)


def test_an_uncertain_mail_that_was_left_stays_uncertain_and_asks_no_more(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    memory(office).answers[ALICE] = Answer(Step.DOT, 0, "lost", "memory", lost=True)
    send_edition(office, edition_id)
    with database.writing() as session:
        [delivery_id] = undecided(session, edition_id)
        leave_uncertain(session, clock(), delivery_id)
    with database.writing() as session:
        assert undecided(session, edition_id) == []
        counts = check_identity(session, edition_id)
        assert (counts.uncertain, counts.open) == (1, 0)
        [alice] = people(session, edition_id, state=DeliveryState.UNCERTAIN).items
        assert alice.reply == LEFT_AS_IT_IS
        send_again(session, clock(), delivery_id)  # a change of mind
        with pytest.raises(NotFound):
            send_again(session, clock(), delivery_id)
    memory(office).answers.clear()
    send_edition(office, edition_id)
    assert sent_by(office).count(ALICE) == 1
