"""Leaving takes one act, coming back within the hour one more, and an old link revives nobody."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose
from app.privacy.forget import erase_subscriber
from app.signup.desk import Desk
from app.signup.leaving import come_back, leave_by_link, read_leave_link
from app.subscribers.consent import Evidence
from app.subscribers.models import SubscriptionState
from app.subscribers.queries import subscriptions_of
from tests.cast import Cast

SEEN = Evidence("unsubscribe page")


def test_a_letters_link_leaves_that_letter_only(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    token = desk.signer.sign(Purpose.UNSUBSCRIBE, cast.alice.id, cast.letter_id, 7)
    assert leave_by_link(session, now, desk.signer, token, SEEN) == (cast.letter_id,)
    assert leave_by_link(session, now, desk.signer, token, SEEN) == ()
    link = read_leave_link(session, desk.signer, token)
    assert link.is_out
    assert [topic.slug for topic in link.on] == ["links"]


def test_leaving_can_be_taken_back_for_an_hour(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    token = desk.signer.sign(Purpose.UNSUBSCRIBE, cast.alice.id, 0, 0)
    left = leave_by_link(session, now, desk.signer, token, SEEN)
    session.flush()
    late = now + timedelta(hours=2)
    assert come_back(session, late, desk.signer, token, left, SEEN) == ()
    assert come_back(session, now, desk.signer, token, left, SEEN) == left
    assert set(subscriptions_of(session, cast.alice.id).values()) == {SubscriptionState.ON}


def test_coming_back_brings_no_topic_that_was_never_had(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    token = desk.signer.sign(Purpose.UNSUBSCRIBE, cast.bob.id, 0, 0)
    leave_by_link(session, now, desk.signer, token, SEEN)
    session.flush()
    assert come_back(session, now, desk.signer, token, [cast.letter_id, cast.links_id], SEEN) == ()


def test_an_erased_person_is_out_already(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    token = desk.signer.sign(Purpose.UNSUBSCRIBE, cast.alice.id, cast.letter_id, 7)
    erase_subscriber(session, now, cast.alice, desk.signer)
    assert leave_by_link(session, now, desk.signer, token, SEEN) == ()
    assert read_leave_link(session, desk.signer, token).is_out


def test_a_token_of_another_kind_is_not_found(session: Session, desk: Desk, cast: Cast) -> None:
    with pytest.raises(NotFound):
        read_leave_link(session, desk.signer, desk.signer.sign(Purpose.PREFERENCES, cast.alice.id))
