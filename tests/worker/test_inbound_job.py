"""The job on mail that came in: counted before it is tried, put aside after three tries, never in the others' way."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import worker.jobs.inbound
from app.conversation.models import InboundKind, InboundMail, InboundState
from app.conversation.quarantine import MAX_ATTEMPTS, begin_attempt, ring_forgotten
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.foundation.errors import Unavailable
from app.foundation.jobs import Ring, SilentDoorbell
from app.wiring import Runtime
from tests.conversation.letters import answer
from tests.fixtures.clock import FrozenClock
from worker.jobs.inbound import process
from worker.state import using_runtime


def take_in(runtime: Runtime, raw: bytes = b"Subject: hello\r\n\r\nHello.\r\n") -> int:
    key = keep_raw(runtime.storage, raw)
    with runtime.database.writing() as session:
        return register_raw(session, runtime.clock(), Envelope("lmtp"), raw=raw, storage_key=key).inbound_id


def mail(runtime: Runtime, inbound_id: int) -> InboundMail:
    with runtime.database.reading() as session:
        found = session.scalars(select(InboundMail).where(InboundMail.id == inbound_id)).one()
        session.expunge_all()
        return found


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_arguments: object, **_named: object) -> None:
        raise ValueError("nobody foresaw this mail")

    monkeypatch.setattr(worker.jobs.inbound, "process_inbound", burst)


def test_a_mail_is_worked_on(runtime: Runtime) -> None:
    inbound_id = take_in(runtime, answer("Hello"))
    with using_runtime(runtime):
        process(inbound_id)
        process(inbound_id)
    done = mail(runtime, inbound_id)
    assert (done.state, done.kind, done.attempts) == (InboundState.DONE, InboundKind.REPLY, 1)


def test_a_poison_mail_is_quarantined_after_three_tries_and_shown(
    runtime: Runtime, doorbell: SilentDoorbell, poison: None
) -> None:
    inbound_id = take_in(runtime)
    with using_runtime(runtime):
        for _ in range(MAX_ATTEMPTS + 2):
            process(inbound_id)
    put_aside = mail(runtime, inbound_id)
    assert (put_aside.state, put_aside.attempts) == (InboundState.QUARANTINED, MAX_ATTEMPTS)
    assert put_aside.error == "ValueError: nobody foresaw this mail"
    assert doorbell.rings == [Ring("inbound.process", (inbound_id,))] * MAX_ATTEMPTS


def test_a_mail_that_kills_the_worker_is_quarantined_too(runtime: Runtime) -> None:
    inbound_id = take_in(runtime)
    for _ in range(MAX_ATTEMPTS):
        with runtime.database.writing() as session:
            assert begin_attempt(session, inbound_id)  # and the worker is gone
    with using_runtime(runtime):
        process(inbound_id)
    assert mail(runtime, inbound_id).state is InboundState.QUARANTINED


@pytest.mark.parametrize("away", [Unavailable("the storage is away"), OperationalError("x", {}, Exception())])
def test_a_storage_that_is_away_is_not_held_against_the_mail(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, away: Exception
) -> None:
    inbound_id = take_in(runtime)

    def fail(*_arguments: object, **_named: object) -> None:
        raise away

    monkeypatch.setattr(worker.jobs.inbound, "process_inbound", fail)
    with using_runtime(runtime):
        for _ in range(MAX_ATTEMPTS + 2):
            with pytest.raises(type(away)):
                process(inbound_id)
    assert mail(runtime, inbound_id).attempts == 0


def test_the_clock_rings_for_mail_whose_bell_was_lost(
    runtime: Runtime, doorbell: SilentDoorbell, clock: FrozenClock
) -> None:
    forgotten = take_in(runtime)
    clock.advance(minutes=2)
    fresh = take_in(runtime, b"Subject: fresh\r\n\r\n.")
    doorbell.rings.clear()
    with runtime.database.writing() as session:
        assert ring_forgotten(session, clock()) == 1
    assert doorbell.rings == [Ring("inbound.process", (forgotten,))]
    with using_runtime(runtime):
        process(forgotten)
        process(fresh)
    with runtime.database.writing() as session:
        assert ring_forgotten(session, clock() + timedelta(hours=1)) == 0


def test_the_same_mail_for_two_recipients_is_two(runtime: Runtime, now: datetime) -> None:
    raw = b"Subject: hello\r\n\r\nHello.\r\n"
    key = keep_raw(runtime.storage, raw)
    with runtime.database.writing() as session:
        ids = {
            register_raw(session, now, Envelope("lmtp", "", to), raw=raw, storage_key=key).inbound_id
            for to in ("a@example.org", "A@example.org", "b@example.org")
        }
    assert len(ids) == 2
