"""The numbers of deliverability: by provider, by reason, against the lines, with the evidence."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.bounces import record_bounce
from app.delivery.mailers import provider_of
from app.delivery.models import BounceClass, BounceSource, Outcome, OutcomeState
from app.reports.deliverability import (
    FEW,
    Standing,
    read_deliverability,
    standing_of,
    suppressed_people,
)
from app.subscribers.models import Suppression, SuppressionReason
from app.subscribers.suppression import release, suppress
from tests.conversation.letters import deliver


def letter(session: Session, now: datetime, address: str, key: str = "issue:1") -> int:
    delivery = deliver(session, now, address, key=key)
    session.add(Outcome(delivery_id=delivery.id, attempt=1, state=OutcomeState.ACCEPTED, at=now))
    session.flush()
    return delivery.id


def bad_news(
    session: Session,
    now: datetime,
    delivery_id: int,
    bounce_class: BounceClass,
    *,
    raw_key: str = "",
    n: str = "",
) -> None:
    record_bounce(
        session,
        now,
        delivery_id=delivery_id,
        source=BounceSource.DSN,
        bounce_class=bounce_class,
        reason="user unknown" if bounce_class is BounceClass.HARD else bounce_class.value,
        status="",
        evidence="550 no such user",
        raw_key=raw_key,
        fingerprint=f"{delivery_id}{bounce_class.value}{n}",
    )


def test_mail_and_bad_news_are_counted_by_provider(session: Session, now: datetime) -> None:
    letter(session, now, "ann@gmail.com")
    ben = letter(session, now, "ben@googlemail.com")
    cleo = letter(session, now, "cleo@hotmail.co.uk")
    letter(session, now, "dan@example.org")
    bad_news(session, now, ben, BounceClass.COMPLAINT)
    bad_news(session, now, cleo, BounceClass.HARD)
    bad_news(session, now, cleo, BounceClass.HARD, n="told again by another way")
    report = read_deliverability(session, now)
    assert [(line.provider, line.accepted) for line in report.providers] == [
        ("Gmail", 2),
        ("Microsoft", 1),
        ("Others", 1),
    ]
    assert report.providers[0].complaint_rate == 0.5
    assert report.providers[1].bounces[BounceClass.HARD] == 1
    assert (report.total.accepted, report.total.standing) == (4, Standing.TOO_FEW)
    assert [(line.reason, line.count) for line in report.reasons] == [("complaint", 1), ("user unknown", 1)]
    assert report.suppressed == 2


def test_only_the_last_thirty_days_count(session: Session, now: datetime) -> None:
    letter(session, now - timedelta(days=31), "ann@gmail.com")
    letter(session, now - timedelta(days=29), "ann@gmail.com", key="issue:2")
    assert read_deliverability(session, now).total.accepted == 1


@pytest.mark.parametrize(
    ("complaints", "mails", "standing"),
    [
        (0, 10_000, Standing.GOOD),
        (9, 10_000, Standing.GOOD),
        (10, 10_000, Standing.WATCH),
        (29, 10_000, Standing.WATCH),
        (30, 10_000, Standing.BAD),
        (5, FEW - 1, Standing.TOO_FEW),
    ],
)
def test_rates_are_held_against_the_lines_of_the_providers(
    complaints: int, mails: int, standing: Standing
) -> None:
    assert standing_of(complaints / mails, mails) is standing


def test_suppressed_people_come_with_the_evidence(session: Session, now: datetime) -> None:
    ann = letter(session, now, "ann@example.org")
    ben = letter(session, now, "ben@example.org")
    bad_news(session, now, ann, BounceClass.HARD, raw_key="inbound/ab/abc.eml.gz")
    bad_news(session, now + timedelta(minutes=1), ben, BounceClass.COMPLAINT)
    suppress(session, now + timedelta(minutes=2), "f" * 64, SuppressionReason.ERASED, "")
    erased, complained, gone = suppressed_people(session).items
    assert (erased.address, erased.releasable) == ("", False)
    assert (complained.address, complained.releasable, complained.bounce_id) == (
        "ben@example.org",
        False,
        None,
    )
    assert (gone.address, gone.releasable) == ("ann@example.org", True)
    assert gone.bounce_id is not None
    assert "no such user" in gone.evidence


def test_after_a_release_soft_bounces_are_counted_anew(session: Session, now: datetime) -> None:
    for number in range(5):
        bad_news(session, now, letter(session, now, "ann@example.org", f"issue:{number}"), BounceClass.SOFT)
    row = session.scalars(select(Suppression)).one()
    release(session, now + timedelta(hours=1), row.address_hash, row.reason, "She wrote that it works again.")
    session.flush()
    later = now + timedelta(hours=2)
    for number in range(5, 9):
        bad_news(session, later, letter(session, now, "ann@example.org", f"issue:{number}"), BounceClass.SOFT)
        assert suppressed_people(session).total == 0
    bad_news(session, later, letter(session, now, "ann@example.org", "issue:9"), BounceClass.SOFT)
    assert suppressed_people(session).total == 1


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmail.com", "Gmail"),
        ("GMAIL.com", "Gmail"),
        ("outlook.de", "Microsoft"),
        ("yahoo.co.jp", "Yahoo and AOL"),
        ("notgmail.com", "Others"),
        ("gmail.com.example.org", "Others"),
    ],
)
def test_a_provider_is_known_by_its_domains(domain: str, provider: str) -> None:
    assert provider_of(domain) == provider
