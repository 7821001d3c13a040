"""The letter and the readers that sending is measured with: 58 KB, 50 links, names with and without accents."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.models import Edition, EditionClass
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
BATCH = 20_000

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
    functions = list(Function)
    for begin in range(0, number, BATCH):
        ids = range(first + begin, first + min(begin + BATCH, number))
        session.execute(
            insert(Subscriber),
            [
                {
                    "id": n,
                    "address": f"reader{n}@mail{n % 40}.example.org",
                    "canonical": f"reader{n}@mail{n % 40}.example.org",
                    "address_hash": sha256(str(n).encode()).hexdigest(),
                    "domain": f"mail{n % 40}.example.org",
                    "first_name": _NAMES[n % len(_NAMES)],
                    "last_name": "",
                    "function": functions[n % len(functions)],
                    "state": SubscriberState.VERIFIED,
                    "source": "bench",
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


def _markdown() -> str:
    paragraphs = ["Hello {first_name|there},"]
    for number in range(LINKS):
        link = f"[what happened in week {number}](https://dcx.example/notes/{number}?from=letter)"
        paragraphs.append(f"{_SENTENCE * 2}Read {link} for the rest of it.")
    return "\n\n".join(paragraphs)
