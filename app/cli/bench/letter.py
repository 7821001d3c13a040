"""The letter and the readers that sending is measured with: 58 KB, 50 links, names with and without accents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, case, cast, func, insert, literal, select
from sqlalchemy.orm import Session

from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.models import Edition, EditionClass
from app.foundation.db import table_of
from app.foundation.links import Links
from app.foundation.settings import Settings
from app.publication.settings import get_publication
from app.rendering.letter import render_letter
from app.subscribers.models import (
    Function,
    Subscriber,
    SubscriberState,
    Subscription,
    SubscriptionState,
    Topic,
)
from app.tracking.rewriting import plan_links, register_links

LINKS = 50

_NAMES = ("Alice", "Bob", "Carol", "Márta", "Jürgen", "Zoë", "", "Ines", "Wei", "Noor")
_SENTENCE = (
    "The person who answers the phone knows what went wrong, and the person who could change it is "
    "three meetings away. "
)


def freeze_bench_letter(session: Session, now: datetime, settings: Settings) -> Edition:
    """The letter, rendered by the real templates with every link tracked, frozen for the Tuesday topic."""
    topic_id = session.scalars(select(Topic.id).where(Topic.slug == "letter")).one()
    publication = get_publication(session)
    links = Links(settings.base_url)
    rendered = render_letter(
        settings.emails_dir,
        "letter",
        title="Who pays for the second phone call?",
        subject="{first_name|Friend}, who pays for the second phone call?",
        preheader="A letter for measuring",
        markdown=_markdown(),
        brand=brand_of(publication),
        base_url=settings.base_url,
        web_url=links.issue("bench"),
    )
    tracked, urls = plan_links(rendered, links, pixel=True)
    edition = freeze_edition(
        session,
        now,
        key="bench",
        edition_class=EditionClass.BULK,
        rendered=tracked,
        sender=sender_of(publication),
        reply_to=publication.reply_address,
        topic_id=topic_id,
    )
    register_links(session, edition.id, urls)
    return edition


def add_bench_readers(session: Session, now: datetime, number: int) -> None:
    """`number` verified readers with the Tuesday topic on."""
    topic_id = session.scalars(select(Topic.id).where(Topic.slug == "letter")).one()
    first = (session.scalar(select(func.max(Subscriber.id))) or 0) + 1
    numbers = select(literal(first).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n + 1 < first + number))
    n = numbers.c.n
    digits = cast(n, String)
    domain = literal("mail").concat(cast(n % 40, String)).concat(".example.org")
    address = literal("reader").concat(digits).concat("@").concat(domain)
    hashed = literal("0" * 54).concat(cast(n + 1_000_000_000, String))
    person = {
        "id": n,
        "address": address,
        "canonical": address,
        "address_hash": hashed,
        "domain": domain,
        "first_name": _in_turn(n, _NAMES, String()),
        "last_name": literal(""),
        "function": _in_turn(n, tuple(Function), _S.function.type),
        "state": literal(SubscriberState.VERIFIED, _S.state.type),
        "source": literal("bench"),
        "created_at": literal(now, _S.created_at.type),
        "verified_at": literal(now, _S.verified_at.type),
    }
    session.execute(insert(Subscriber).from_select(list(person), select(*person.values())))
    on = literal(SubscriptionState.ON, table_of(Subscription).c.state.type)
    everybody = select(Subscriber.id, literal(topic_id), on, literal(now, _S.created_at.type))
    session.execute(
        insert(Subscription).from_select(
            ["subscriber_id", "topic_id", "state", "changed_at"], everybody.where(Subscriber.id >= first)
        )
    )


_S = table_of(Subscriber).c


def _in_turn(number: Any, values: Sequence[str], kind: Any) -> Any:
    """One value after the other, as numbers grow."""
    *others, last = values
    return case(
        *[(number % len(values) == at, literal(value, kind)) for at, value in enumerate(others)],
        else_=literal(last, kind),
    )


def _markdown() -> str:
    paragraphs = ["Hello {first_name|there},"]
    for number in range(LINKS):
        link = f"[what happened in week {number}](https://dcx.example/notes/{number}?from=letter)"
        paragraphs.append(f"{_SENTENCE * 2}Read {link} for the rest of it.")
    return "\n\n".join(paragraphs)
