"""Erasure leaves the hash that keeps a person unmailed, and nothing else of them."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

import app.schema
from app.conversation.models import Direction, InboundMail, InboundState, Lane, Message, Thread, ThreadState
from app.delivery.models import (
    Correspondent,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    Outcome,
    OutcomeState,
    RecipientKind,
)
from app.foundation.addresses import address_hash, parse_address
from app.privacy.forget import erase_subscriber
from app.signup.models import JoinRequest
from app.subscribers.consent import ensure_subscriber
from app.subscribers.models import SuppressionReason
from app.subscribers.suppression import reasons_in_force
from app.tracking.models import Click
from tests.cast import ALICE, seed_cast

KEY = b"tests"


def _leave_traces(session: Session, now: datetime, subscriber_id: int) -> None:
    edition = Edition(
        key="issue:1",
        edition_class=EditionClass.BULK,
        subject="One",
        sender="mark@dcx.example",
        frozen=b"",
        state=EditionState.DONE,
        created_at=now,
    )
    session.add(edition)
    session.flush()
    delivery = Delivery(
        edition_id=edition.id,
        recipient_kind=RecipientKind.SUBSCRIBER,
        recipient_id=subscriber_id,
        occasion="",
        slots={"first_name": "Alice"},
    )
    mail = InboundMail(
        fingerprint="f" * 64,
        received_at=now,
        via="lmtp",
        envelope_from=ALICE,
        size=1,
        storage_key="mail/1.eml",
        state=InboundState.DONE,
    )
    thread = Thread(
        subscriber_id=subscriber_id, lane=Lane.HELLO, state=ThreadState.WAITING, opened_at=now, last_at=now
    )
    request = JoinRequest(subscriber_id=subscriber_id, requested_at=now, expires_at=now)
    digest = address_hash(ALICE, KEY)
    earlier = Correspondent(address=ALICE, canonical=ALICE, address_hash=digest, name="Alice", created_at=now)
    session.add_all([delivery, mail, thread, request, earlier])
    session.flush()
    session.add_all(
        [
            Outcome(
                delivery_id=delivery.id, attempt=1, state=OutcomeState.FAILED, at=now, reply=f"no {ALICE}"
            ),
            Click(
                delivery_id=delivery.id, number=1, at=now, method="GET", ip="192.0.2.1", user_agent="Alice's"
            ),
            Message(
                thread_id=thread.id,
                direction=Direction.IN,
                at=now,
                sender=ALICE,
                inbound_mail_id=mail.id,
                text="Hi",
            ),
        ]
    )
    session.flush()


def test_no_table_knows_an_erased_person_any_more(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    digest = cast.alice.address_hash
    _leave_traces(session, now, cast.alice.id)
    erased = erase_subscriber(session, now, cast.alice)
    assert erased.files == ("mail/1.eml",)
    session.expire_all()
    for table in app.schema.metadata.sorted_tables:
        for row in session.execute(select(table)):
            assert ALICE not in str(row)
            assert "Alice" not in str(row)
            assert "192.0.2.1" not in str(row)
    assert reasons_in_force(session, digest) == (SuppressionReason.ERASED,)
    assert session.scalar(select(Delivery.recipient_id)) is not None


def test_the_number_of_an_erased_reader_is_never_given_to_another(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    newest = session.execute(text("SELECT max(id) FROM subscriber")).scalar_one()
    assert newest == cast.carol.id
    erase_subscriber(session, now, cast.carol)
    dana = ensure_subscriber(session, now, parse_address("dana@example.com"), KEY)
    assert dana.id > newest
