"""The render gate: one message that cannot be written stops the letter before the first one is sent (promise 5)."""

from sqlalchemy import select, update

from app.delivery.ledger import open_ledger
from app.delivery.models import Edition, EditionState
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.foundation.db import Database
from app.subscribers.models import Subscriber
from tests.cast import seed_cast
from tests.delivery.conftest import sent_by
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
