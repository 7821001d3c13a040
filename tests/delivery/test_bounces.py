"""Bad news about a delivery: once each, and only news about the address itself stops mail."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.delivery.bounces import SOFT_LIMIT, BounceVerdict, record_bounce
from app.delivery.models import Bounce, BounceClass, BounceSource, Delivery, Outcome, OutcomeState
from app.subscribers.models import Suppression, SuppressionReason
from tests.conversation.letters import deliver

ALICE = "alice@example.org"
DAY = timedelta(days=1)


def tell(
    session: Session,
    now: datetime,
    delivery: Delivery,
    bounce_class: BounceClass,
    *,
    source: BounceSource = BounceSource.DSN,
    event: str = "",
) -> BounceVerdict:
    return record_bounce(
        session,
        now,
        delivery_id=delivery.id,
        source=source,
        bounce_class=bounce_class,
        reason="mailbox full",
        status="",
        evidence="the server's words",
        raw_key="",
        fingerprint=f"{source.value}:{bounce_class.value}:{delivery.id}:{event}",
    )


def accept(session: Session, now: datetime, delivery: Delivery) -> None:
    session.add(Outcome(delivery_id=delivery.id, attempt=1, state=OutcomeState.ACCEPTED, at=now))
    session.flush()


def reasons(session: Session) -> list[SuppressionReason]:
    return list(session.scalars(select(Suppression.reason)))


@pytest.mark.parametrize(
    ("bounce_class", "reason"),
    [
        (BounceClass.HARD, [SuppressionReason.HARD_BOUNCE]),
        (BounceClass.COMPLAINT, [SuppressionReason.COMPLAINT]),
        (BounceClass.POLICY, []),
        (BounceClass.SOFT, []),
    ],
)
def test_each_class_has_its_consequence(
    session: Session, now: datetime, bounce_class: BounceClass, reason: list[SuppressionReason]
) -> None:
    verdict = tell(session, now, deliver(session, now, ALICE), bounce_class)
    assert verdict == BounceVerdict(recorded=True, suppressed=bool(reason))
    assert reasons(session) == reason


def test_the_same_news_counts_once(session: Session, now: datetime) -> None:
    delivery = deliver(session, now, ALICE)
    assert tell(session, now, delivery, BounceClass.SOFT).recorded
    assert not tell(session, now, delivery, BounceClass.SOFT).recorded
    assert session.scalar(select(func.count()).select_from(Bounce)) == 1


def test_five_soft_bounces_in_a_month_stop_mail(session: Session, now: datetime) -> None:
    for week in range(SOFT_LIMIT):
        assert reasons(session) == []
        delivery = deliver(session, now, ALICE, key=f"issue:{week}")
        tell(session, now + week * 5 * DAY, delivery, BounceClass.SOFT)
    assert reasons(session) == [SuppressionReason.HARD_BOUNCE]


def test_five_reports_about_one_delivery_are_not_five_bounces(session: Session, now: datetime) -> None:
    delivery = deliver(session, now, ALICE)
    for number in range(SOFT_LIMIT * 2):
        tell(session, now, delivery, BounceClass.SOFT, event=str(number))
    assert reasons(session) == []


def test_soft_bounces_spread_over_more_than_a_month_stop_nothing(session: Session, now: datetime) -> None:
    for week in range(SOFT_LIMIT):
        delivery = deliver(session, now, ALICE, key=f"issue:{week}")
        tell(session, now + week * 8 * DAY, delivery, BounceClass.SOFT)
    assert reasons(session) == []


def test_a_letter_that_arrived_in_between_starts_the_count_again(session: Session, now: datetime) -> None:
    for week in range(SOFT_LIMIT):
        if week == 2:
            accept(session, now + week * 5 * DAY - DAY, deliver(session, now, ALICE, key="issue:between"))
        delivery = deliver(session, now, ALICE, key=f"issue:{week}")
        tell(session, now + week * 5 * DAY, delivery, BounceClass.SOFT)
    assert reasons(session) == []


def test_a_relay_that_accepts_and_bounces_later_does_not_hide_a_dead_mailbox(
    session: Session, now: datetime
) -> None:
    for week in range(SOFT_LIMIT):
        delivery = deliver(session, now, ALICE, key=f"issue:{week}")
        accept(session, now + week * 5 * DAY, delivery)
        tell(session, now + week * 5 * DAY + timedelta(minutes=5), delivery, BounceClass.SOFT)
    assert reasons(session) == [SuppressionReason.HARD_BOUNCE]


def test_news_about_a_delivery_we_never_made_changes_nothing(session: Session, now: datetime) -> None:
    delivery = deliver(session, now, ALICE)
    delivery_id = delivery.id
    session.delete(delivery)
    session.flush()
    assert not tell(session, now, Delivery(id=delivery_id), BounceClass.HARD).recorded
    assert reasons(session) == []
