"""An installation with its cadences, and short ways to make issues."""

from collections.abc import Callable
from datetime import datetime, time

import pytest
from sqlalchemy.orm import Session

from app.issues.cadence import CadenceSettings, seed_cadences
from app.issues.models import Issue, IssueKind
from app.issues.writing import Draft, create_issue
from app.subscribers.models import Topic, TopicKind

NEW_YORK = "America/New_York"
RULES = {
    IssueKind.LETTER: CadenceSettings(
        topic="letter", weekday="Tuesday", local_time=time(8, 15), zone=NEW_YORK
    ),
    IssueKind.LINKS: CadenceSettings(topic="links", weekday="Sunday", local_time=time(8, 15), zone=NEW_YORK),
}

MakeIssue = Callable[..., Issue]


@pytest.fixture
def topics(session: Session) -> dict[str, int]:
    letter = Topic(slug="letter", kind=TopicKind.LETTER, name="The Tuesday letter")
    links = Topic(slug="links", kind=TopicKind.LINKS, name="The Sunday links")
    session.add_all([letter, links])
    session.flush()
    return {"letter": letter.id, "links": links.id}


@pytest.fixture
def cadences(session: Session, topics: dict[str, int]) -> None:
    seed_cadences(session, RULES, topics)


@pytest.fixture
def make_issue(session: Session, now: datetime, cadences: None) -> MakeIssue:
    def make(
        title: str = "Who owns the handoff?", markdown: str = "Dear {first_name|reader},\n\nHello."
    ) -> Issue:
        return create_issue(session, now, IssueKind.LETTER, Draft(title=title, markdown=markdown))

    return make
