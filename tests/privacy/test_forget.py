"""Erasure leaves the hash that keeps a person unmailed, and nothing else of them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

import app.schema
from app.conversation.inbox_models import (
    Acknowledgement,
)
from app.conversation.models import (
    Direction,
    Lane,
    Message,
    Thread,
    ThreadState,
)
from app.conversation.queries import put_aside
from app.conversation.weekly import WEEKLY_KEY
from app.delivery.models import (
    Correspondent,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
)
from app.foundation.addresses import address_hash, parse_address
from app.guides.access import Visit, grant_access, request_guide
from app.guides.models import Grant
from app.privacy.forget import erase_correspondent, erase_subscriber, forget_unconfirmed
from app.reports.funnel import read_funnel
from app.signup.models import JoinRequest
from app.subscribers.consent import Evidence, ensure_subscriber, record_consent
from app.subscribers.models import ConsentAction, Subscriber, Suppression, SuppressionReason
from app.subscribers.suppression import reasons_in_force, suppress
from tests.cast import ALICE, seed_cast, seed_guide
from tests.privacy.traces import KEY, SIGNER, leave_traces


def test_no_table_knows_an_erased_person_any_more(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    digest = cast.alice.address_hash
    leave_traces(session, now, cast.alice.id)
    erased = erase_subscriber(session, now, cast.alice, SIGNER)
    assert erased.files == ("mail/1.eml", "mail/away.eml")
    session.expire_all()
    for table in app.schema.metadata.sorted_tables:
        for row in session.execute(select(table)):
            assert ALICE not in str(row)
            assert "Alice" not in str(row)
            assert "192.0.2.1" not in str(row)
    assert session.scalars(select(Acknowledgement)).all() == []
    assert put_aside(session).total == 0
    assert reasons_in_force(session, digest) == (SuppressionReason.ERASED,)
    assert session.scalar(select(Delivery.recipient_id)) is not None


def test_the_number_of_an_erased_reader_is_never_given_to_another(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    newest = session.execute(text("SELECT max(id) FROM subscriber")).scalar_one()
    assert newest == cast.carol.id
    erase_subscriber(session, now, cast.carol, SIGNER)
    dana = ensure_subscriber(session, now, parse_address("dana@example.com"), KEY)
    assert dana.id > newest


def typed(session: Session, now: datetime, email: str, *, source: str = "utm:linkedin") -> Subscriber:
    """Somebody's address typed into the guide's form, and nothing since."""
    person = ensure_subscriber(session, now, parse_address(email), KEY)
    session.add(JoinRequest(subscriber_id=person.id, requested_at=now, expires_at=now + timedelta(days=7)))
    request_guide(session, now, person.id, "cx-buy-in", source=source, visit=Visit("192.0.2.7"))
    seen = Evidence("guide cx-buy-in", "Send it", "192.0.2.7")
    record_consent(session, now, person.id, ConsentAction.GUIDE_REQUESTED, seen)
    session.flush()
    return person


def test_an_address_that_nobody_confirmed_is_removed_and_still_counted(
    session: Session, now: datetime
) -> None:
    seed_cast(session, now, KEY)
    seed_guide(session, now)
    typed(session, now, "ghost@example.com")
    typed(session, now + timedelta(days=20), "fresh@example.com")
    weekly = Edition(
        key=f"{WEEKLY_KEY}1",
        edition_class=EditionClass.AUTHOR,
        subject="What readers said",
        sender="mark@dcx.example",
        frozen=b"",
        state=EditionState.OPEN,
        created_at=now,
    )
    session.add(weekly)
    session.flush()
    zone, keep = ZoneInfo("America/New_York"), timedelta(days=30)
    assert forget_unconfirmed(session, now + timedelta(days=29), keep, zone, SIGNER) == []
    gone = forget_unconfirmed(session, now + timedelta(days=31), keep, zone, SIGNER)
    assert len(gone) == 1
    for table in app.schema.metadata.sorted_tables:
        for row in session.execute(select(table)):
            assert "ghost@" not in str(row)
    assert session.scalars(select(Suppression)).all() == []
    session.refresh(weekly)
    assert weekly.state is EditionState.OPEN, "who never wrote is not quoted in it"
    funnel = read_funnel(session, now + timedelta(days=31), "cx-buy-in", zone, 90)
    assert (funnel.total.requested, funnel.total.confirmed) == (2, 0)
    assert sum(row.requested for row in funnel.sources) == 2
    assert sum(row.requested for row in funnel.functions) == 2
    typed(session, now + timedelta(days=32), "ghost@example.com")


def test_whoever_is_more_than_a_typed_address_stays(session: Session, now: datetime) -> None:
    """Confirmed, given the guide by hand, suppressed, imported, asked again since: none of them is removed."""
    cast = seed_cast(session, now, KEY)
    seed_guide(session, now)
    given = typed(session, now, "given@example.com")
    grant_access(session, now, session.scalars(select(Grant)).one(), visit=Visit())
    hard = typed(session, now, "bounced@example.com")
    suppress(session, now, hard.address_hash, SuppressionReason.HARD_BOUNCE)
    again = typed(session, now, "again@example.com")
    typed(session, now + timedelta(days=25), "again@example.com")
    wrote = typed(session, now, "dan@example.net")
    session.add(correspondent(now))
    session.flush()
    before = {wrote.id, given.id, hard.id, again.id, cast.alice.id, cast.bob.id, cast.carol.id}
    forget_unconfirmed(session, now + timedelta(days=40), timedelta(days=30), ZoneInfo("UTC"), SIGNER)
    assert set(session.scalars(select(Subscriber.id))) == before


def correspondent(now: datetime) -> Correspondent:
    """Dan, who wrote to us once."""
    digest = address_hash("dan@example.net", KEY)
    return Correspondent(
        address="dan@example.net",
        canonical="dan@example.net",
        address_hash=digest,
        name="Dan",
        created_at=now,
    )


def test_somebody_who_only_wrote_to_us_can_be_erased_too(session: Session, now: datetime) -> None:
    dan = correspondent(now)
    session.add(dan)
    session.flush()
    thread = Thread(
        correspondent_id=dan.id, lane=Lane.HELLO, state=ThreadState.WAITING, opened_at=now, last_at=now
    )
    session.add(thread)
    session.flush()
    session.add(
        Message(thread_id=thread.id, direction=Direction.IN, at=now, sender=dan.address, text="I am Dan")
    )
    session.flush()
    erased = erase_correspondent(session, now, dan, SIGNER)
    assert erased.messages == 1
    session.expire_all()
    for table in app.schema.metadata.sorted_tables:
        for row in session.execute(select(table)):
            assert "dan@example.net" not in str(row)
            assert "Dan" not in str(row)
    assert reasons_in_force(session, address_hash("dan@example.net", KEY)) == (SuppressionReason.ERASED,)
