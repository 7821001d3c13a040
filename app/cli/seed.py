"""What a fresh installation starts with: the publication, its topics and cadences; in a demo an author too.

Every step leaves alone what is there already, so it runs at each start.
"""

from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.authors import create_author
from app.accounts.links import make_login_link
from app.accounts.queries import active_authors, count_authors
from app.cli.opening import open_runtime
from app.foundation.settings import Settings
from app.issues.cadence import CadenceSettings, seed_cadences
from app.issues.models import IssueKind
from app.publication.models import Publication
from app.publication.settings import read_publication_file, seed_publication
from app.subscribers.models import Topic
from app.subscribers.topics import seed_topics

STUDIO_LINK_FOR = timedelta(hours=12)


def seed_installation(session: Session, now: datetime, settings: Settings) -> Publication:
    """The publication with its topics and cadences, made where they are missing; never commits.

    Raises Misconfigured and InvalidInput naming the file or the field.
    """
    publication = seed_publication(session, settings.publication_file)
    seed_topics(session)
    topics = dict(session.execute(select(Topic.slug, Topic.id)).all())
    seed_cadences(session, _rules(settings, publication.time_zone), topics)
    if settings.demo and count_authors(session) == 0:
        create_author(session, now, publication.sender_address, name=publication.author_name)
    return publication


def studio_login_link(session: Session, now: datetime, settings: Settings) -> str:
    """A one-time way into the studio for the first author, for `handoff up` to print; "" while there is none."""
    authors = active_authors(session)
    if not authors:
        return ""
    secret = make_login_link(session, now, authors[0], valid_for=STUDIO_LINK_FOR)
    return f"{settings.base_url}/admin/enter/{secret}"


def _rules(settings: Settings, zone: str) -> dict[IssueKind, CadenceSettings]:
    given: dict[str, dict[str, Any]] = read_publication_file(settings.publication_file).get("cadence", {})
    defaults = {
        IssueKind.LETTER: {"topic": "letter", "weekday": "Tuesday", "local_time": "08:15"},
        IssueKind.LINKS: {"topic": "links", "weekday": "Sunday", "local_time": "08:15"},
    }
    return {
        kind: CadenceSettings.checked(kind, {"zone": zone} | default | given.get(kind.value, {}))
        for kind, default in defaults.items()
    }


@click.command("seed")
def command() -> None:
    """Fill an empty installation from publication.toml; leaves alone what is there."""
    runtime = open_runtime()
    with runtime.database.writing() as session:
        publication = seed_installation(session, runtime.clock(), runtime.settings)
        click.echo(f"{publication.name} by {publication.author_name} is in place.")
