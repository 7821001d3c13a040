"""A reader is one canonical address, and every act leaves evidence."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.addresses import parse_address
from app.subscribers.consent import Evidence, ensure_subscriber
from app.subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscriber,
    SubscriberState,
    SubscriptionState,
)
from app.subscribers.preferences import Preferences, change_preferences, leave, undo_leaving
from app.subscribers.queries import consent_page, count_readers, subscriber_page, subscriptions_of
from tests.cast import seed_cast

KEY = b"tests"


def test_one_mailbox_is_one_reader_however_it_is_typed(session: Session, now: datetime) -> None:
    first = ensure_subscriber(session, now, parse_address("Dana@Example.com"), KEY, first_name="Dana")
    again = ensure_subscriber(session, now, parse_address("dana@example.COM"), KEY, first_name="Mallory")
    assert again.id == first.id
    assert again.first_name == "Dana"
    assert session.scalar(select(func.count()).select_from(Subscriber)) == 1


def test_leaving_everything_covers_topics_the_reader_never_had(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    assert leave(session, now, cast.bob.id, None, "unsubscribe page") == ()
    assert set(subscriptions_of(session, cast.bob.id).values()) == {SubscriptionState.LEFT}


def test_leaving_twice_adds_no_second_record(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    assert leave(session, now, cast.alice.id, cast.letter_id, "one-click") == (cast.letter_id,)
    assert leave(session, now, cast.alice.id, cast.letter_id, "one-click") == ()
    left = [
        record
        for record in consent_page(session, cast.alice.id).items
        if record.action is ConsentAction.LEFT and record.topic_id == cast.letter_id
    ]
    assert len(left) == 1


def test_a_leaving_can_be_taken_back(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    left = leave(session, now, cast.alice.id, None, "unsubscribe page")
    assert undo_leaving(session, now, cast.alice.id, left, Evidence("undo")) == left
    assert set(subscriptions_of(session, cast.alice.id).values()) == {SubscriptionState.ON}


def test_preferences_switch_exactly_what_was_asked(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    wanted = Preferences(frozenset({cast.links_id}), first_name="Ally", last_name="Chen")
    changes = change_preferences(session, now, cast.alice.id, wanted, Evidence("preferences page"))
    assert changes.left == (cast.letter_id,)
    assert changes.turned_on == ()
    session.flush()
    assert cast.alice.first_name == "Ally"
    again = change_preferences(session, now, cast.alice.id, wanted, Evidence("preferences page"))
    assert (again.left, again.turned_on) == ((), ())


def test_an_unproved_address_cannot_switch_anything_on(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    with pytest.raises(Exception, match="not been confirmed"):
        change_preferences(
            session, now, cast.bob.id, Preferences(frozenset({cast.letter_id})), Evidence("preferences page")
        )
    assert cast.bob.state is SubscriberState.UNVERIFIED


def test_the_count_shown_to_visitors_holds_only_people_who_are_mailed(
    session: Session, now: datetime
) -> None:
    cast = seed_cast(session, now, KEY)
    assert count_readers(session) == 1
    assert count_readers(session, cast.links_id) == 1
    leave(session, now, cast.alice.id, cast.links_id, "one-click")
    assert (count_readers(session), count_readers(session, cast.links_id)) == (1, 0)


def test_a_search_takes_wildcards_literally(session: Session, now: datetime) -> None:
    seed_cast(session, now, KEY)
    session.flush()
    assert subscriber_page(session, search="%").total == 0
    assert subscriber_page(session, search="ALICE").items[0].topics == ("letter", "links")
    assert subscriber_page(session, search="' OR 1=1 --").total == 0


def test_evidence_is_kept_with_its_source(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    leave(session, now, cast.alice.id, cast.letter_id, "one-click", ip="203.0.113.9", user_agent="mail/1")
    record = session.scalars(select(ConsentRecord).order_by(ConsentRecord.id.desc())).first()
    assert record is not None
    assert (record.form, record.ip, record.user_agent, record.at) == (
        "one-click",
        "203.0.113.9",
        "mail/1",
        now,
    )
