"""The job of sending tells the authors what a relay said, once."""

import os
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.cli.seed import seed_installation
from app.delivery.models import Delivery, Edition, EditionClass
from app.delivery.shift import Sent
from app.wiring import Runtime
from tests.cast import ALICE
from tests.delivery.conftest import open_letter
from tests.fixtures.clock import FrozenClock
from tests.fixtures.smtp_sink import SmtpSink
from worker.cores import POLITE
from worker.jobs import sending
from worker.jobs.sending import office_of, send_edition
from worker.state import using_runtime


@pytest.fixture
def here(runtime: Runtime, smtp_sink: SmtpSink) -> Runtime:
    """An installation with an author, whose relay is the sink."""
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
    settings = runtime.settings.model_copy(update={"smtp_url": smtp_sink.url})
    return replace(runtime, settings=settings)


def notices(here: Runtime) -> list[str]:
    with here.database.reading() as session:
        return list(
            session.scalars(
                select(Edition.subject)
                .join(Delivery, Delivery.edition_id == Edition.id)
                .where(Edition.edition_class == EditionClass.AUTHOR)
            )
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_message_that_is_too_large_is_told_once_and_holds_nobody_up(
    here: Runtime, smtp_sink: SmtpSink, clock: FrozenClock
) -> None:
    smtp_sink.answer("dot", "552 5.3.4 message too big for us", address=ALICE)
    smtp_sink.answer("dot", "552 5.3.4 message too big for them", address="reader1@example.org")
    edition_id = open_letter(here.database, clock, readers=4)
    with using_runtime(here):
        send_edition(edition_id)
        send_edition(edition_id)
    assert len(notices(here)) == 1
    assert "too large" in notices(here)[0].lower()
    assert len(smtp_sink.copies()) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_pause_by_itself_tells_the_author_what_the_relay_said(
    here: Runtime, smtp_sink: SmtpSink, clock: FrozenClock
) -> None:
    smtp_sink.answer("rcpt", "550 5.7.515 access denied, sending domain does not pass")
    edition_id = open_letter(here.database, clock, readers=4)
    with using_runtime(here):
        send_edition(edition_id)
    [subject] = notices(here)
    assert "paused" in subject.lower()
    with here.database.reading() as session:
        assert "5.7.515" in session.get_one(Edition, edition_id).pause_reason


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_job_asks_the_sentry_and_shares_the_pace(here: Runtime) -> None:
    office = office_of(here)
    assert office.sentry is not None
    assert office.bank is not None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("many", [True, False])
def test_a_letter_to_many_gives_way_and_mail_somebody_waits_for_does_not(
    here: Runtime, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    edition_id = open_letter(here.database, clock)
    if not many:
        with here.database.writing() as session:
            session.execute(update(Edition).values(edition_class=EditionClass.REQUESTED))
    niceness: list[int] = []

    def look(*_: object, **__: object) -> Sent:
        niceness.append(os.getpriority(os.PRIO_PROCESS, 0))
        return Sent()

    monkeypatch.setattr(sending, "send", look)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with using_runtime(here):
        send_edition(edition_id)
    assert niceness == [max(before, POLITE) if many else before]
