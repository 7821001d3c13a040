"""From a frozen edition to the relay's answer: exactly one copy for everybody who may have one."""

from dataclasses import replace

from sqlalchemy import select

from app.delivery.answers import Answer, Step
from app.delivery.carriers import SmtpCarrier
from app.delivery.control import pause_edition, resume_edition
from app.delivery.leasing import lease_chunk
from app.delivery.ledger import LedgerCounts, open_ledger, queue_delivery
from app.delivery.models import Edition, EditionState, Exclusion, Outcome, RecipientKind
from app.delivery.office import Office
from app.delivery.queries import DeliveryState, people
from app.delivery.sending import send_edition
from app.delivery.transport import parse_relays
from app.foundation.db import Database
from app.subscribers.models import Subscriber, SuppressionReason
from app.subscribers.preferences import leave
from app.subscribers.suppression import reasons_in_force, suppress
from tests.cast import ALICE, seed_cast
from tests.delivery.conftest import memory, open_letter, sent_by
from tests.delivery.post import KEY, check_identity, freeze_letter
from tests.fixtures.clock import FrozenClock
from tests.fixtures.smtp_sink import SmtpSink


def counts_of(database: Database, edition_id: int) -> LedgerCounts:
    with database.reading() as session:
        return check_identity(session, edition_id)


def test_a_letter_reaches_everybody_with_its_topic_on_exactly_once(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=700)
    send_edition(office, edition_id)
    send_edition(office, edition_id)
    assert sorted(sent_by(office)) == sorted([ALICE, *(f"reader{n}@example.org" for n in range(700))])
    counts = counts_of(database, edition_id)
    assert (counts.audience, counts.accepted, counts.open) == (701, 701, 0)
    with database.reading() as session:
        assert session.get_one(Edition, edition_id).state is EditionState.DONE


def test_somebody_suppressed_is_in_the_audience_and_excluded(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        suppress(session, clock(), cast.alice.address_hash, SuppressionReason.COMPLAINT)
        edition = freeze_letter(session, clock(), cast.letter_id)
        counts = open_ledger(session, clock(), edition.id)
    assert (counts.audience, counts.excluded, counts.queued) == (1, 1, 0)
    send_edition(office, edition.id)
    assert sent_by(office) == []


def test_leaving_before_the_lease_wins(office: Office, database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=2)
    with database.writing() as session:
        alice = next(person for person in people(session, edition_id).items if person.address == ALICE)
        leave(session, clock(), alice.recipient_id, None, "unsubscribe page")
    send_edition(office, edition_id)
    assert ALICE not in sent_by(office)
    counts = counts_of(database, edition_id)
    assert (counts.accepted, counts.excluded) == (2, 1)
    with database.reading() as session:
        [person] = people(session, edition_id, state=DeliveryState.EXCLUDED).items
        assert (person.address, person.reply) == (ALICE, Exclusion.LEFT.value)


def test_opening_an_open_ledger_changes_nothing(database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=3)
    with database.writing() as session:
        assert open_ledger(session, clock(), edition_id).audience == 4


def test_a_refused_reader_fails_alone_and_is_suppressed(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=3)
    memory(office).answers[ALICE] = Answer(Step.RCPT, 550, "5.1.1 user unknown", "memory")
    send_edition(office, edition_id)
    counts = counts_of(database, edition_id)
    assert (counts.accepted, counts.failed) == (3, 1)
    with database.reading() as session:
        [alice] = people(session, edition_id, state=DeliveryState.FAILED).items
        assert (alice.address, alice.enhanced) == (ALICE, "5.1.1")
        known_by = session.scalars(select(Subscriber.address_hash).where(Subscriber.canonical == ALICE)).one()
        assert reasons_in_force(session, known_by) == (SuppressionReason.HARD_BOUNCE,)


def test_a_deferred_reader_is_tried_again_with_the_same_message_id(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=1)
    memory(office).answers[ALICE] = Answer(Step.RCPT, 451, "4.7.1 greylisted", "memory")
    send_edition(office, edition_id)
    assert counts_of(database, edition_id).deferred == 1
    memory(office).answers.clear()
    send_edition(office, edition_id)
    assert counts_of(database, edition_id).deferred == 1, "the back-off is not over"
    clock.advance(minutes=6)
    send_edition(office, edition_id)
    counts = counts_of(database, edition_id)
    assert (counts.accepted, counts.deferred) == (2, 0)
    with database.reading() as session:
        assert sorted(session.scalars(select(Outcome.attempt))) == [1, 1, 2]


def test_a_deferral_past_five_days_is_a_failure(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock)
    memory(office).answers[ALICE] = Answer(Step.RCPT, 451, "4.7.1 greylisted", "memory")
    for _ in range(60):
        send_edition(office, edition_id)
        clock.advance(hours=5)
    counts = counts_of(database, edition_id)
    assert (counts.failed, counts.deferred, sent_by(office)) == (1, 0, [])


def test_an_unreachable_relay_loses_nobody(office: Office, database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=2)
    memory(office).away = True
    assert "refuses connections" in send_edition(office, edition_id).trouble
    counts = counts_of(database, edition_id)
    assert (counts.queued, counts.in_flight) == (3, 0)
    with database.reading() as session:
        assert "refuses connections" in session.get_one(Edition, edition_id).trouble
    memory(office).away = False
    clock.advance(minutes=2)
    send_edition(office, edition_id)
    assert counts_of(database, edition_id).accepted == 3


def test_a_paused_edition_sends_nothing_until_it_is_resumed(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=2)
    with database.writing() as session:
        pause_edition(session, clock(), edition_id, "the author looked again")
    send_edition(office, edition_id)
    assert sent_by(office) == []
    with database.writing() as session:
        resume_edition(session, clock(), edition_id)
    send_edition(office, edition_id)
    assert len(sent_by(office)) == 3


def test_two_workers_never_hold_the_same_chunk(database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=3)
    with database.writing() as session:
        assert lease_chunk(session, clock(), edition_id=edition_id, owner="one") is not None
    with database.writing() as session:
        assert lease_chunk(session, clock(), edition_id=edition_id, owner="two") is None


def test_one_mail_on_one_occasion_is_queued_once(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        edition_id = freeze_letter(session, clock(), cast.letter_id).id
        first, again = (
            queue_delivery(
                session,
                clock(),
                edition_id=edition_id,
                recipient_kind=RecipientKind.SUBSCRIBER,
                recipient_id=cast.alice.id,
                occasion="a",
                slots={"first_name": name},
            )
            for name in ("Al", "Alice")
        )
        assert first.id == again.id
        bob = queue_delivery(
            session,
            clock(),
            edition_id=edition_id,
            recipient_kind=RecipientKind.SUBSCRIBER,
            recipient_id=cast.bob.id,
            occasion="a",
            slots={},
        )
        assert bob.exclusion is Exclusion.UNVERIFIED
    send_edition(office, edition_id)
    assert sent_by(office) == [ALICE]
    assert counts_of(database, edition_id).excluded == 1
    assert b"Hello=20=\r\nAl=\r\n," in memory(office).sent[0].body


def test_a_connection_lost_after_the_dot_is_uncertain_and_never_sent_again(
    office: Office, database: Database, clock: FrozenClock, smtp_sink: SmtpSink
) -> None:
    office = replace(office, carrier=SmtpCarrier(parse_relays(smtp_sink.url), 2))
    edition_id = open_letter(database, clock, readers=4)
    smtp_sink.drop_after("dot", times=1)
    send_edition(office, edition_id)
    clock.advance(days=1)
    send_edition(office, edition_id)
    counts = counts_of(database, edition_id)
    assert (counts.accepted, counts.uncertain) == (4, 1)
    assert set(smtp_sink.copies().values()) == {1}


def test_a_connection_lost_before_the_dot_costs_nobody_anything(
    office: Office, database: Database, clock: FrozenClock, smtp_sink: SmtpSink
) -> None:
    office = replace(office, carrier=SmtpCarrier(parse_relays(smtp_sink.url), 2))
    edition_id = open_letter(database, clock, readers=4)
    smtp_sink.drop_before("rcpt", times=1)
    send_edition(office, edition_id)
    assert counts_of(database, edition_id).accepted == 5
    assert set(smtp_sink.copies().values()) == {1}
    assert len(smtp_sink.copies()) == 5
