"""The topics every installation starts with; the author renames and adds to them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.subscribers.models import Topic, TopicKind

FIRST_TOPICS = (
    (
        "letter",
        TopicKind.LETTER,
        "The Tuesday letter",
        "One idea about getting the rest of the company to care, with something to try the same week.",
    ),
    (
        "links",
        TopicKind.LINKS,
        "Six links on Sunday",
        "Six things worth your Sunday coffee, each with a sentence on why it is there.",
    ),
)


def seed_topics(session: Session) -> None:
    """Add the first topics that are missing; what the author has changed stays as it is."""
    known = set(session.scalars(select(Topic.slug)))
    for position, (slug, kind, name, description) in enumerate(FIRST_TOPICS):
        if slug not in known:
            session.add(
                Topic(
                    slug=slug, kind=kind, name=name, description=description, position=position, offered=True
                )
            )
    session.flush()
