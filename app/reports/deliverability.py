"""How the mail arrives: bounces by reason and provider, complaints against the providers' lines, who must not be
mailed and why, and what could not be read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.conversation.models import InboundMail, InboundState
from app.delivery.mailers import provider_of
from app.delivery.models import Bounce, BounceClass, Delivery, Outcome, OutcomeState, RecipientKind
from app.foundation.errors import NotFound
from app.foundation.paging import Page
from app.subscribers.models import Subscriber, Suppression, SuppressionReason
from app.subscribers.suppression import NEVER_RELEASED

WINDOW: Final = timedelta(days=30)
GOOD_RATE: Final = 0.001
WORST_RATE: Final = 0.003
"""Gmail and Yahoo: stay below 0.1 %, never reach 0.3 % (S2)."""
FEW: Final = 500
"""Below so many mails one complaint says nothing about a rate."""


class Standing(StrEnum):
    """Where a complaint rate stands against the lines."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    TOO_FEW = "too few"


@dataclass
class ProviderLine:
    """One provider in the window. `accepted` counts mails their server took."""

    provider: str
    accepted: int = 0
    bounces: Counter[BounceClass] = field(default_factory=Counter)

    @property
    def complaint_rate(self) -> float:
        return self.bounces[BounceClass.COMPLAINT] / self.accepted if self.accepted else 0.0

    @property
    def standing(self) -> Standing:
        return standing_of(self.complaint_rate, self.accepted)


@dataclass(frozen=True)
class ReasonLine:
    """One reason in the window."""

    bounce_class: BounceClass
    reason: str
    count: int


@dataclass(frozen=True)
class Deliverability:
    """The last thirty days."""

    since: datetime
    total: ProviderLine
    providers: tuple[ProviderLine, ...]
    reasons: tuple[ReasonLine, ...]
    suppressed: int
    quarantined: int


@dataclass(frozen=True)
class SuppressedPerson:
    """Who must not be mailed. `address` is empty once they were erased; `bounce_id` leads to the mail itself."""

    address_hash: str
    subscriber_id: int | None
    address: str
    reason: SuppressionReason
    at: datetime
    evidence: str
    bounce_id: int | None
    releasable: bool


def standing_of(rate: float, mails: int) -> Standing:
    """A rate against the lines of the providers."""
    if mails < FEW:
        return Standing.TOO_FEW
    if rate >= WORST_RATE:
        return Standing.BAD
    return Standing.WATCH if rate >= GOOD_RATE else Standing.GOOD


def read_deliverability(session: Session, now: datetime) -> Deliverability:
    """The numbers of the last thirty days, by provider and by reason."""
    since = now - WINDOW
    lines: dict[str, ProviderLine] = {}
    for domain, count in _accepted_by_domain(session, since):
        _line(lines, domain).accepted += count
    for domain, bounce_class, count in _bounces_by_domain(session, since):
        _line(lines, domain).bounces[bounce_class] += count
    return Deliverability(
        since=since,
        total=_sum(lines.values()),
        providers=tuple(sorted(lines.values(), key=lambda line: (-line.accepted, line.provider))),
        reasons=_reasons(session, since),
        suppressed=session.scalar(
            select(func.count(func.distinct(Suppression.address_hash))).where(
                Suppression.released_at.is_(None)
            )
        )
        or 0,
        quarantined=session.scalar(
            select(func.count(InboundMail.id)).where(InboundMail.state == InboundState.QUARANTINED)
        )
        or 0,
    )


def suppressed_people(session: Session, *, page: int = 1, per_page: int = 50) -> Page[SuppressedPerson]:
    """Who must not be mailed, the latest first, each with the evidence."""
    in_force = select(Suppression).where(Suppression.released_at.is_(None))
    total = session.scalar(select(func.count()).select_from(in_force.subquery())) or 0
    rows = session.scalars(
        in_force.order_by(Suppression.at.desc(), Suppression.id.desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    hashes = [row.address_hash for row in rows]
    people = {
        subscriber.address_hash: subscriber
        for subscriber in session.scalars(select(Subscriber).where(Subscriber.address_hash.in_(hashes)))
    }
    mails = _latest_mails(session, hashes)
    return Page(tuple(_person(row, people, mails) for row in rows), page, per_page, total)


def quarantined_mail(session: Session, *, page: int = 1, per_page: int = 50) -> Page[InboundMail]:
    """Mail that could not be read, the latest first."""
    query = select(InboundMail).where(InboundMail.state == InboundState.QUARANTINED)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.order_by(InboundMail.received_at.desc()).limit(per_page).offset((page - 1) * per_page)
    )
    return Page(tuple(rows), page, per_page, total)


def bounce_mail_key(session: Session, bounce_id: int) -> str:
    """Where the mail behind a bounce lies in storage. Raises NotFound."""
    key = session.scalar(select(Bounce.raw_key).where(Bounce.id == bounce_id))
    if not key:
        raise NotFound("There is no mail behind this bounce: the server said it while we were sending.")
    return key


def _accepted_by_domain(session: Session, since: datetime) -> Sequence[Row[str, int]]:
    return session.execute(
        select(Subscriber.domain, func.count())
        .join(Delivery, Delivery.recipient_id == Subscriber.id)
        .join(Outcome, Outcome.delivery_id == Delivery.id)
        .where(
            Delivery.recipient_kind == RecipientKind.SUBSCRIBER,
            Outcome.state == OutcomeState.ACCEPTED,
            Outcome.at >= since,
        )
        .group_by(Subscriber.domain)
    ).all()


def _bounces_by_domain(session: Session, since: datetime) -> Sequence[Row[str, BounceClass, int]]:
    """Deliveries, not reports: the same bad news by mail and by webhook counts once."""
    return session.execute(
        select(Subscriber.domain, Bounce.bounce_class, func.count(func.distinct(Bounce.delivery_id)))
        .join(Delivery, Delivery.id == Bounce.delivery_id)
        .join(Subscriber, Subscriber.id == Delivery.recipient_id)
        .where(Delivery.recipient_kind == RecipientKind.SUBSCRIBER, Bounce.at >= since)
        .group_by(Subscriber.domain, Bounce.bounce_class)
    ).all()


def _reasons(session: Session, since: datetime) -> tuple[ReasonLine, ...]:
    rows = session.execute(
        select(Bounce.bounce_class, Bounce.reason, func.count(func.distinct(Bounce.delivery_id)))
        .where(Bounce.at >= since)
        .group_by(Bounce.bounce_class, Bounce.reason)
    ).all()
    return tuple(sorted((ReasonLine(*row) for row in rows), key=lambda line: (-line.count, line.reason)))


def _line(lines: dict[str, ProviderLine], domain: str) -> ProviderLine:
    provider = provider_of(domain)
    return lines.setdefault(provider, ProviderLine(provider))


def _sum(lines: Iterable[ProviderLine]) -> ProviderLine:
    total = ProviderLine("Everybody")
    for line in lines:
        total.accepted += line.accepted
        total.bounces.update(line.bounces)
    return total


def _latest_mails(session: Session, hashes: list[str]) -> dict[str, int]:
    """For each address the latest bounce that came by mail."""
    rows = session.execute(
        select(Bounce.address_hash, func.max(Bounce.id))
        .where(Bounce.address_hash.in_(hashes), Bounce.raw_key != "")
        .group_by(Bounce.address_hash)
    ).all()
    return {row[0]: row[1] for row in rows}


def _person(row: Suppression, people: dict[str, Subscriber], mails: dict[str, int]) -> SuppressedPerson:
    subscriber = people.get(row.address_hash)
    return SuppressedPerson(
        address_hash=row.address_hash,
        subscriber_id=subscriber.id if subscriber else None,
        address=subscriber.address if subscriber else "",
        reason=row.reason,
        at=row.at,
        evidence=row.evidence,
        bounce_id=mails.get(row.address_hash),
        releasable=row.reason not in NEVER_RELEASED,
    )
