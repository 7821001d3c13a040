"""A letter, its readers and an office to send it from, for the tests of delivery."""

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.delivery.editions import freeze_edition
from app.delivery.ledger import LedgerCounts, count
from app.delivery.letterhead import Letterhead
from app.delivery.models import Delivery, Edition, EditionClass, Outcome, OutcomeState
from app.foundation.links import Links
from app.foundation.tokens import Signer
from app.rendering.slots import RenderedMail, SlotRegistry
from app.subscribers.models import Subscriber, SubscriberState, Subscription, SubscriptionState
from tests.cast import verified_reader

KEY = b"address key for tests"
SIGNER = Signer(b"a key for tests only")
LETTERHEAD = Letterhead(
    Links("https://letters.dcx.example"),
    SIGNER,
    reply_domain="reply.dcx.example",
    bounce_domain="bounce.dcx.example",
)


def rendered_letter(subject: str = "The handoff") -> RenderedMail:
    """A short letter with every sort of slot."""
    registry = SlotRegistry()
    name, leave = registry.mark("first_name", "there"), registry.mark("unsubscribe_token")
    click = registry.mark("delivery_token")
    return RenderedMail(
        subject=subject,
        preheader="",
        html=f'<p>Hello {name},</p><p><a href="https://l.example/t/c/{click}/1">read on</a></p>'
        f'<p>Grüße. <a href="https://l.example/unsubscribe/{leave}">Leave</a></p>',
        text=f"Hello {name},\n\nread on: https://l.example/t/c/{click}/1\n.\nGrüße\n\nhttps://l.example/unsubscribe/{leave}\n",
        slots=registry.slots,
    )


def freeze_letter(session: Session, now: datetime, topic_id: int, key: str = "issue:1") -> Edition:
    return freeze_edition(
        session,
        now,
        key=key,
        edition_class=EditionClass.BULK,
        rendered=rendered_letter(),
        sender="Mark Levy <mark@dcx.example>",
        topic_id=topic_id,
    )


def add_readers(session: Session, now: datetime, topic_id: int, number: int) -> None:
    for n in range(number):
        verified_reader(session, now, KEY, f"reader{n}@example.org", topic_id, first_name=f"Reader {n}")


def check_identity(session: Session, edition_id: int) -> LedgerCounts:
    """The numbers add up, and they are those of the rows themselves."""
    session.expire_all()
    counts = count(session, edition_id)
    assert counts.adds_up, counts
    rows = session.scalar(select(func.count()).where(Delivery.edition_id == edition_id))
    assert rows == counts.audience
    for state in OutcomeState:
        current = session.scalar(
            select(func.count())
            .select_from(Outcome)
            .join(Delivery, (Delivery.id == Outcome.delivery_id) & (Delivery.attempt == Outcome.attempt))
            .where(Delivery.edition_id == edition_id, Outcome.state == state)
        )
        at_opening = (
            session.scalar(
                select(func.count()).where(Delivery.edition_id == edition_id, Delivery.exclusion.is_not(None))
            )
            if state is OutcomeState.EXCLUDED
            else 0
        )
        assert getattr(counts, state.value) == (current or 0) + (at_opening or 0), state
    return counts


def many_readers(session: Session, now: datetime, topic_id: int, number: int) -> None:
    """Verified readers by the hundred, in two statements."""
    first = (session.scalar(select(func.max(Subscriber.id))) or 0) + 1
    ids = range(first, first + number)
    session.execute(
        insert(Subscriber),
        [
            {
                "id": n,
                "address": f"reader{n}@example.org",
                "canonical": f"reader{n}@example.org",
                "address_hash": f"hash of {n}",
                "domain": "example.org",
                "first_name": "",
                "last_name": "",
                "source": "",
                "state": SubscriberState.VERIFIED,
                "created_at": now,
                "verified_at": now,
            }
            for n in ids
        ],
    )
    session.execute(
        insert(Subscription),
        [
            {"subscriber_id": n, "topic_id": topic_id, "state": SubscriptionState.ON, "changed_at": now}
            for n in ids
        ],
    )
