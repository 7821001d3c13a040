"""A link is confirmed once, by a person; reading it changes nothing, and an old one revives nobody."""

import quopri
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.delivery.message import load
from app.delivery.models import Edition
from app.foundation.addresses import parse_address
from app.foundation.errors import Gone, NotFound
from app.foundation.tokens import Purpose
from app.guides.models import Grant, GrantState
from app.issues.models import Issue, IssueKind, IssueState
from app.signup.confirming import confirm, read_confirmation
from app.signup.desk import Desk
from app.signup.joining import JoinForm, Trail, ask_to_join
from app.signup.models import JoinRequest
from app.signup.welcoming import letters_to_begin_with
from app.subscribers.consent import Evidence
from app.subscribers.models import ConsentAction, ConsentRecord, SubscriberState, SubscriptionState
from app.subscribers.preferences import leave
from app.subscribers.queries import find_subscriber, subscriptions_of
from tests.cast import BOB, Cast
from tests.signup.test_joining import mails

SEEN = Evidence("confirm page", ip="192.0.2.9", user_agent="a browser")


def asked(
    session: Session, now: datetime, desk: Desk, email: str, *topics: str, guide: str | None = None
) -> str:
    ask_to_join(
        session, now, desk, JoinForm(parse_address(email), Evidence("home"), frozenset(topics), guide)
    )
    newest = session.scalar(select(func.max(JoinRequest.id)))
    assert newest is not None
    return desk.signer.sign(Purpose.CONFIRM, newest)


def test_confirming_switches_on_what_was_asked_and_welcomes(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    token = asked(session, now, desk, BOB, "letter")
    found = confirm(session, now, desk, token, SEEN)
    assert found.done
    assert cast.bob.state is SubscriberState.VERIFIED
    assert subscriptions_of(session, cast.bob.id) == {cast.letter_id: SubscriptionState.ON}
    record = session.scalars(select(ConsentRecord).order_by(ConsentRecord.id.desc())).first()
    assert record is not None
    assert (record.action, record.topic_id, record.ip) == (
        ConsentAction.CONFIRMED,
        cast.letter_id,
        "192.0.2.9",
    )
    assert [kind for kind, *_ in mails(session)] == ["confirm", "welcome"]


def test_the_welcome_offers_no_earlier_letters_while_there_are_none(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    confirm(session, now, desk, asked(session, now, desk, BOB, "letter", "links"), SEEN)
    session.flush()
    frozen = session.scalars(select(Edition.frozen).where(Edition.key.like("welcome:%"))).one()
    text = quopri.decodestring(b"".join(p for p in load(frozen).body if isinstance(p, bytes))).decode()
    assert "Your address is confirmed." in text
    assert "letters so far" not in text
    assert "Begin with" not in text
    assert "The Tuesday letter" in text


def test_the_welcome_begins_with_the_letters_that_brought_most_readers(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    for number in range(5):
        session.add(
            Issue(
                kind=IssueKind.LETTER,
                slug=f"letter-{number}",
                title=f"About {number}",
                state=IssueState.SENT,
                created_at=now,
                updated_at=now,
                sent_at=now - timedelta(days=number),
                withdrawn_at=now if number == 1 else None,
            )
        )
    form = JoinForm(parse_address(BOB), Evidence("issue"), frozenset({"letter"}), trail=Trail("", "letter-4"))
    ask_to_join(session, now, desk, form)
    confirm(session, now, desk, desk.signer.sign(Purpose.CONFIRM, 1), SEEN)
    assert [issue.slug for issue in letters_to_begin_with(session)] == ["letter-4", "letter-0", "letter-2"]
    frozen = session.scalars(select(Edition.frozen).where(Edition.key.like("welcome:%"))).one()
    text = quopri.decodestring(b"".join(p for p in load(frozen).body if isinstance(p, bytes))).decode()
    assert "Begin with one of these" in text
    assert "/issues/letter-4" in text


def test_reading_the_link_changes_nothing(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    token = asked(session, now, desk, BOB, "letter")
    for _ in range(3):
        assert not read_confirmation(session, now, desk.signer, token).done
    assert not session.dirty
    assert not session.new
    assert subscriptions_of(session, cast.bob.id) == {}


def test_confirming_twice_is_confirming_once(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    token = asked(session, now, desk, BOB, "letter", guide="cx-buy-in")
    confirm(session, now, desk, token, SEEN)
    before = (len(mails(session)), session.scalar(select(func.count()).select_from(ConsentRecord)))
    again = confirm(session, now + timedelta(days=60), desk, token, SEEN)
    assert again.done
    assert (len(mails(session)), session.scalar(select(func.count()).select_from(ConsentRecord))) == before


def test_an_old_link_brings_nobody_back_who_has_left(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    token = asked(session, now, desk, BOB, "letter")
    confirm(session, now, desk, token, SEEN)
    leave(session, now, cast.bob.id, None, "unsubscribe page")
    confirm(session, now, desk, token, SEEN)
    assert SubscriptionState.ON not in subscriptions_of(session, cast.bob.id).values()


def test_a_guide_that_was_asked_for_is_granted_and_mailed(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    token = asked(session, now, desk, "dana@example.com", guide="cx-buy-in")
    confirm(session, now, desk, token, SEEN)
    grant = session.scalars(select(Grant)).one()
    assert grant.state is GrantState.GRANTED
    assert [kind for kind, *_ in mails(session)] == ["confirm", "guide"]
    dana = find_subscriber(session, "dana@example.com")
    assert dana is not None
    assert subscriptions_of(session, dana.id) == {}


def test_a_guide_asked_for_within_the_daily_limit_comes_with_the_first_confirmation(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    token = asked(session, now, desk, "dana@example.com", "letter")
    asked(session, now, desk, "dana@example.com", guide="cx-buy-in")
    confirm(session, now, desk, token, SEEN)
    assert [kind for kind, *_ in mails(session)] == ["confirm", "guide"]


def test_a_link_runs_out_after_a_week(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    token = asked(session, now, desk, BOB, "letter")
    with pytest.raises(Gone):
        confirm(session, now + timedelta(days=7), desk, token, SEEN)
    assert cast.bob.state is SubscriberState.UNVERIFIED


def test_somebody_elses_token_confirms_somebody_else_only(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    asked(session, now, desk, BOB, "letter")
    other = asked(session, now, desk, "dana@example.com", "letter")
    confirm(session, now, desk, other, SEEN)
    assert cast.bob.state is SubscriberState.UNVERIFIED


def test_a_made_up_token_is_not_found(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    for token in (
        "nonsense",
        desk.signer.sign(Purpose.CONFIRM, 999_999),
        desk.signer.sign(Purpose.UNSUBSCRIBE, 1, 0, 0),
    ):
        with pytest.raises(NotFound):
            read_confirmation(session, now, desk.signer, token)
