"""The people of the tests: Alice is verified and reads everything, Bob never confirmed, Carol has left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.foundation.addresses import parse_address
from app.guides.models import GuideFile
from app.publication.models import Publication
from app.subscribers.consent import Evidence, ensure_subscriber, record_consent, turn_on, verify_subscriber
from app.subscribers.models import ConsentAction, Subscriber
from app.subscribers.preferences import leave
from app.subscribers.queries import list_topics
from app.subscribers.topics import seed_topics

ALICE = "alice@example.com"
BOB = "bob@example.com"
CAROL = "carol@example.com"


@dataclass(frozen=True)
class Cast:
    """Everybody, as rows of the session that made them."""

    alice: Subscriber
    bob: Subscriber
    carol: Subscriber
    letter_id: int
    links_id: int


def seed_cast(session: Session, now: datetime, address_key: bytes) -> Cast:
    """Topics and the three readers; flushed, not committed."""
    seed_topics(session)
    topics = {topic.slug: topic.id for topic in list_topics(session)}
    bob = ensure_subscriber(session, now, parse_address(BOB), address_key, first_name="Bob")
    alice = verified_reader(session, now, address_key, ALICE, *topics.values(), first_name="Alice")
    carol = verified_reader(session, now, address_key, CAROL, *topics.values(), first_name="Carol")
    leave(session, now, carol.id, None, "unsubscribe page")
    session.flush()
    return Cast(alice, bob, carol, topics["letter"], topics["links"])


def verified_reader(
    session: Session, now: datetime, address_key: bytes, email: str, *topic_ids: int, first_name: str = ""
) -> Subscriber:
    """A reader who confirmed these topics."""
    reader = ensure_subscriber(session, now, parse_address(email), address_key, first_name=first_name)
    verify_subscriber(reader, now)
    for topic_id in turn_on(session, now, reader.id, topic_ids):
        record_consent(
            session, now, reader.id, ConsentAction.CONFIRMED, Evidence("confirm page"), topic_id=topic_id
        )
    session.flush()
    return reader


def seed_dcx(session: Session) -> Publication:
    """The publication of the tests."""
    publication = Publication(
        id=1,
        name="DCX",
        tagline="Customer experience that survives the handoff",
        promise="Get the rest of the company to care about customers.",
        author_name="Mark Levy",
        sender_address="mark@dcx.example",
        reply_address="mark@dcx.example",
        postal_address="DCX, 1 Example Street, New York",
        time_zone="America/New_York",
        site_url="https://dcx.example",
        linkedin_url="https://www.linkedin.com/in/example",
        accent="#0B5D5B",
        proof_from=100,
    )
    session.add(publication)
    session.flush()
    return publication


def seed_guide(session: Session, now: datetime, slug: str = "cx-buy-in") -> GuideFile:
    """A guide that is handed out; whoever downloads it must put the file into storage too."""
    file = GuideFile(
        slug=slug,
        edition="2026.1",
        title="The Buy-in Guide",
        sha256="1" * 64,
        storage_key=f"guides/{slug}/test.pdf",
        file_name=f"{slug}-2026.1.pdf",
        pages=27,
        bytes=9,
        built_at=now,
    )
    session.add(file)
    session.flush()
    return file
