"""Whoever types an address sees one answer; what happens behind it depends on whose it is."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.delivery.models import Delivery, Edition, Exclusion
from app.foundation.addresses import address_hash, parse_address
from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose
from app.guides.models import Grant, GrantState
from app.signup.confirming import confirm
from app.signup.desk import Desk
from app.signup.joining import JoinForm, ask_to_join
from app.signup.models import JoinRequest
from app.subscribers.consent import Evidence
from app.subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscriber,
    SubscriberState,
    SuppressionReason,
)
from app.subscribers.queries import find_subscriber, subscriptions_of
from app.subscribers.suppression import suppress
from tests.cast import ALICE, BOB, CAROL, Cast

SEEN = Evidence("home", ip="192.0.2.7", user_agent="a browser")


def form(email: str, *topics: str, guide: str | None = None) -> JoinForm:
    return JoinForm(parse_address(email), SEEN, frozenset(topics), guide)


def mails(session: Session) -> list[tuple[str, int, Exclusion | None]]:
    """(kind of mail, reader, why it was not sent) in the order of queueing."""
    session.flush()
    rows = session.execute(
        select(Edition.key, Delivery.recipient_id, Delivery.exclusion)
        .join(Edition, Edition.id == Delivery.edition_id)
        .order_by(Delivery.id)
    )
    return [(key.partition(":")[0], reader, exclusion) for key, reader, exclusion in rows]


def test_a_new_reader_is_kept_unverified_with_evidence_and_asked(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    ask_to_join(session, now, desk, form("Dana@Example.com", "letter"))
    dana = find_subscriber(session, "dana@example.com")
    assert dana is not None
    assert dana.state is SubscriberState.UNVERIFIED
    assert subscriptions_of(session, dana.id) == {}
    record = session.scalars(select(ConsentRecord).where(ConsentRecord.subscriber_id == dana.id)).one()
    assert (record.action, record.topic_id, record.ip) == (
        ConsentAction.REQUESTED,
        cast.letter_id,
        "192.0.2.7",
    )
    assert record.wording.startswith("Send me the Tuesday letter.")
    assert mails(session) == [("confirm", dana.id, None)]


def test_confirmations_of_one_wording_share_one_edition(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    for name in ("dana", "erin", "fred"):
        ask_to_join(session, now, desk, form(f"{name}@example.com", "letter"))
    assert session.scalar(select(func.count()).select_from(Edition)) == 1
    tokens = session.scalars(select(Delivery.slots)).all()
    assert len({slots["confirm_token"] for slots in tokens if slots}) == 3


@pytest.mark.parametrize("times", [500, pytest.param(10_000, marks=pytest.mark.soak)])
def test_many_requests_for_a_victim_are_one_mail_a_day(
    session: Session, now: datetime, desk: Desk, cast: Cast, times: int
) -> None:
    for n in range(times):
        ask_to_join(session, now, desk, form(f"v.ic.tim+{n}@example.com", "letter"))
    assert len(mails(session)) == 1
    ask_to_join(session, now + timedelta(hours=25), desk, form("victim@example.com", "letter"))
    assert len(mails(session)) == 2


def test_dots_and_plus_signs_stay_different_readers(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    before = session.scalar(select(func.count()).select_from(Subscriber)) or 0
    ask_to_join(session, now, desk, form("a.da@example.com", "letter"))
    ask_to_join(session, now, desk, form("ada+x@example.com", "letter"))
    assert session.scalar(select(func.count()).select_from(Subscriber)) == before + 2


def test_an_address_typed_again_without_its_mistake_gets_its_mail(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    """The first was nobody's, or a stranger's: it is asked once, and what was asked for goes to the second alone."""
    soon = now + timedelta(minutes=3)
    ask_to_join(session, now, desk, form("dana.lee@exmaple.com", "letter", guide="cx-buy-in"))
    ask_to_join(session, soon, desk, form("dana.lee@example.com", "letter", guide="cx-buy-in"))
    wrong, right = (
        find_subscriber(session, "dana.lee@exmaple.com"),
        find_subscriber(session, "dana.lee@example.com"),
    )
    assert wrong is not None
    assert right is not None
    assert [(kind, reader) for kind, reader, _ in mails(session)] == [
        ("confirm", wrong.id),
        ("confirm", right.id),
    ]
    newest = session.scalars(select(JoinRequest).order_by(JoinRequest.id.desc())).first()
    assert newest is not None
    confirm(session, soon, desk, desk.signer.sign(Purpose.CONFIRM, newest.id), SEEN)
    assert [(kind, reader) for kind, reader, _ in mails(session)][2:] == [("guide", right.id)]
    assert (right.state, wrong.state) == (SubscriberState.VERIFIED, SubscriberState.UNVERIFIED)
    assert subscriptions_of(session, wrong.id) == {}
    states = {grant.subscriber_id: grant.state for grant in session.scalars(select(Grant))}
    assert states == {right.id: GrantState.GRANTED, wrong.id: GrantState.REQUESTED}


def test_a_forgotten_dot_is_put_right_the_same_day_where_dots_count(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    for email in ("danalee@corp.example.com", "dana.lee@corp.example.com", "dana.lee@corp.example.com"):
        ask_to_join(session, now, desk, form(email, "letter"))
    assert len(mails(session)) == 2
    for email in ("d.ana.lee@corp.example.com", "d.analee@corp.example.com", "da.nalee+x@corp.example.com"):
        ask_to_join(session, now, desk, form(email, "letter"))
    assert len(mails(session)) == 3  # more spellings than anybody corrects are somebody trying them
    for email in ("dana.lee@gmail.com", "danalee@gmail.com"):
        ask_to_join(session, now, desk, form(email, "letter"))
    assert len(mails(session)) == 4


def test_a_suppressed_address_gets_a_row_and_no_mail(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    suppress(session, now, cast.bob.address_hash, SuppressionReason.COMPLAINT)
    ask_to_join(session, now, desk, form(BOB, "letter"))
    assert mails(session) == [("confirm", cast.bob.id, Exclusion.SUPPRESSED)]


def test_of_an_erased_person_nothing_is_kept_again(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    digest = address_hash("erin@example.com", desk.address_key)
    suppress(session, now, digest, SuppressionReason.ERASED)
    ask_to_join(session, now, desk, form("erin@example.com", "letter", guide="cx-buy-in"))
    assert find_subscriber(session, "erin@example.com") is None
    assert mails(session) == []


def test_a_verified_reader_gets_the_guide_without_confirming_again(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    ask_to_join(session, now, desk, form(ALICE, guide="cx-buy-in"))
    ask_to_join(session, now, desk, form(ALICE, guide="cx-buy-in"))
    assert mails(session) == [("guide", cast.alice.id, None)]
    grant = session.scalars(select(Grant)).one()
    assert grant.state is GrantState.GRANTED


def test_who_left_gets_the_guide_and_stays_left(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    before = subscriptions_of(session, cast.carol.id)
    ask_to_join(session, now, desk, form(CAROL, guide="cx-buy-in"))
    assert mails(session) == [("guide", cast.carol.id, None)]
    assert subscriptions_of(session, cast.carol.id) == before


def test_who_left_must_confirm_to_come_back(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    ask_to_join(session, now, desk, form(CAROL, "letter"))
    assert mails(session) == [("confirm", cast.carol.id, None)]


def test_guide_and_letters_are_separate(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    ask_to_join(session, now, desk, form("dana@example.com", guide="cx-buy-in"))
    request = session.scalars(select(JoinRequest).order_by(JoinRequest.id.desc())).first()
    assert request is not None
    assert (request.topic_ids, request.guide_slug) == ([], "cx-buy-in")
    actions = session.scalars(
        select(ConsentRecord.action).where(ConsentRecord.subscriber_id == request.subscriber_id)
    )
    assert list(actions) == [ConsentAction.GUIDE_REQUESTED]


def test_a_stranger_cannot_rename_a_reader(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    ask_to_join(
        session, now, desk, JoinForm(parse_address(ALICE), SEEN, frozenset({"letter"}), first_name="Rude")
    )
    assert cast.alice.first_name == "Alice"


def test_an_unknown_guide_is_refused(session: Session, now: datetime, desk: Desk, cast: Cast) -> None:
    with pytest.raises(NotFound):
        ask_to_join(session, now, desk, form("dana@example.com", guide="nothing"))
