"""Whatever a relay says, and at whichever step: the right people get one copy, and one refusal ends nothing."""

import threading
from dataclasses import replace

import pytest

from app.delivery.carriers import SmtpCarrier
from app.delivery.ledger import LedgerCounts
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.delivery.transport import parse_relays
from app.foundation.db import Database
from app.subscribers.models import Suppression
from tests.cast import ALICE
from tests.delivery.conftest import office as office_in_memory
from tests.delivery.conftest import open_letter
from tests.delivery.post import check_identity
from tests.fixtures.clock import FrozenClock
from tests.fixtures.smtp_sink import SmtpSink

READERS = 12

office = office_in_memory


@pytest.fixture
def smtp_office(office: Office, smtp_sink: SmtpSink) -> Office:
    """An office whose letters go to the sink over three connections."""
    carrier = SmtpCarrier(parse_relays(smtp_sink.url), 3, first_pause=0.01)
    return replace(office, carrier=carrier)


def counts(database: Database, edition_id: int) -> LedgerCounts:
    with database.reading() as session:
        return check_identity(session, edition_id)


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("reply", ["421 4.3.2 going down", "451 4.7.1 greylisted", "452 4.2.2 mailbox full"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_refusal_for_now_delays_one_reader_and_loses_none(
    smtp_office: Office,
    database: Database,
    clock: FrozenClock,
    smtp_sink: SmtpSink,
    reply: str,
    step: str,
    pipelining: bool,
) -> None:
    if not pipelining:
        smtp_sink.extensions = ("8BITMIME",)
    edition_id = open_letter(database, clock, readers=READERS - 1)
    smtp_sink.answer(step, reply, times=1)
    send_edition(smtp_office, edition_id)
    clock.advance(minutes=10)
    send_edition(smtp_office, edition_id)
    assert counts(database, edition_id).accepted == READERS
    assert set(smtp_sink.copies().values()) == {1}
    with database.reading() as session:
        assert session.query(Suppression).count() == 0


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("step", ["rcpt", "dot"])
@pytest.mark.parametrize(
    ("reply", "suppressed"),
    [
        ("550 5.1.1 user unknown", 1),
        ("552 5.3.4 too big", 0),
        ("554 5.7.1 refused", 0),
        ("550 5.2.2 full", 0),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_refusal_for_good_fails_one_reader_and_ends_nothing(
    smtp_office: Office,
    database: Database,
    clock: FrozenClock,
    smtp_sink: SmtpSink,
    reply: str,
    suppressed: int,
    step: str,
    pipelining: bool,
) -> None:
    if not pipelining:
        smtp_sink.extensions = ()
    edition_id = open_letter(database, clock, readers=READERS - 1)
    smtp_sink.answer(step, reply, address=ALICE)
    send_edition(smtp_office, edition_id)
    found = counts(database, edition_id)
    assert (found.accepted, found.failed) == (READERS - 1, 1)
    assert set(smtp_sink.copies().values()) == {1}
    with database.reading() as session:
        assert session.query(Suppression).count() == suppressed


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_a_connection_cut_at_any_step_costs_nobody_a_letter(
    smtp_office: Office, database: Database, clock: FrozenClock, smtp_sink: SmtpSink, step: str
) -> None:
    edition_id = open_letter(database, clock, readers=READERS - 1)
    smtp_sink.drop_before(step, times=1)
    send_edition(smtp_office, edition_id)
    clock.advance(minutes=10)
    send_edition(smtp_office, edition_id)
    found = counts(database, edition_id)
    unsure = 1 if step == "dot" else 0  # it was written whole, so nobody can know
    assert (found.accepted, found.uncertain) == (READERS - unsure, unsure)
    assert set(smtp_sink.copies().values()) == {1}


def test_a_relay_that_is_not_there_keeps_everybody_waiting(
    smtp_office: Office, database: Database, clock: FrozenClock, smtp_sink: SmtpSink
) -> None:
    edition_id = open_letter(database, clock, readers=READERS - 1)
    smtp_sink.stop()
    sent = send_edition(smtp_office, edition_id)
    assert "cannot be reached" in sent.trouble
    assert counts(database, edition_id).queued == READERS


def test_another_relay_takes_over(
    office: Office,
    database: Database,
    clock: FrozenClock,
    smtp_sink: SmtpSink,
) -> None:
    dead = SmtpSink().start()
    dead.stop()
    relays = parse_relays(f"{dead.url},{smtp_sink.url}&weight=3")
    edition_id = open_letter(database, clock, readers=READERS - 1)
    send_edition(replace(office, carrier=SmtpCarrier(relays, 3, first_pause=0.01)), edition_id)
    assert counts(database, edition_id).accepted == READERS


@pytest.mark.parametrize("patience", [30.0, 3.0])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_relay_that_thinks_for_long_after_the_dot_is_waited_for(
    office: Office, database: Database, clock: FrozenClock, smtp_sink: SmtpSink, patience: float
) -> None:
    """Ten minutes by RFC 5321, 4.5.3.2.6, made shorter here. Afterwards nobody can know, so nobody tries again."""
    gate = threading.Event()
    smtp_sink.hold("dot", gate, times=1)
    if patience > 10:
        threading.Timer(0.5, gate.set).start()
    edition_id = open_letter(database, clock, readers=READERS - 1)
    carrier = SmtpCarrier(parse_relays(smtp_sink.url), 2, first_pause=0.01, patience=patience / 600)
    send_edition(replace(office, carrier=carrier), edition_id)
    gate.set()
    send_edition(replace(office, carrier=carrier), edition_id)
    found = counts(database, edition_id)
    unsure = 0 if patience > 10 else 1
    assert (found.accepted, found.uncertain) == (READERS - unsure, unsure)
    assert set(smtp_sink.copies().values()) == {1}
