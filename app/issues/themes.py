"""What letters are about: the topics by which readers walk through the archive."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput, NotFound
from app.issues.models import Issue, IssueTheme, Theme
from app.issues.queries import OUT, get_issue
from app.issues.writing import slugify

MOST: Final = 5
LONGEST: Final = 40


@dataclass(frozen=True)
class ThemeCount:
    """A theme and how many issues of the archive are about it."""

    slug: str
    name: str
    issues: int


def set_themes(session: Session, issue_id: int, typed: str) -> list[Theme]:
    """Put the issue under these themes, separated by commas, and under no other; new ones come into being.

    A theme keeps the spelling in which it was first written. Raises InvalidInput naming `themes`.
    """
    issue = get_issue(session, issue_id)
    names = _names(typed)
    session.execute(delete(IssueTheme).where(IssueTheme.issue_id == issue.id))
    themes = []
    for slug, name in names.items():
        theme = session.scalar(select(Theme).where(Theme.slug == slug))
        if theme is None:
            theme = Theme(slug=slug, name=name)
            session.add(theme)
            session.flush()
        session.add(IssueTheme(issue_id=issue.id, theme_id=theme.id))
        themes.append(theme)
    session.flush()
    return themes


def themes_of(session: Session, issue_id: int) -> list[Theme]:
    """The themes of one issue, by name."""
    query = (
        select(Theme).join(IssueTheme, IssueTheme.theme_id == Theme.id).where(IssueTheme.issue_id == issue_id)
    )
    return list(session.scalars(query.order_by(Theme.name)))


def archive_themes(session: Session) -> list[ThemeCount]:
    """Themes that the public archive has something about, by name."""
    query = (
        select(Theme.slug, Theme.name, func.count())
        .join(IssueTheme, IssueTheme.theme_id == Theme.id)
        .join(Issue, Issue.id == IssueTheme.issue_id)
        .where(Issue.state.in_(OUT), Issue.withdrawn_at.is_(None))
        .group_by(Theme.id, Theme.slug, Theme.name)
    )
    found = [ThemeCount(slug, name, count) for slug, name, count in session.execute(query)]
    return sorted(found, key=lambda theme: theme.name.casefold())


def get_theme(session: Session, slug: str) -> Theme:
    """Raises NotFound."""
    theme = session.scalar(select(Theme).where(Theme.slug == slug))
    if theme is None:
        raise NotFound("There is no such topic.", hint="The archive lists every letter that went out.")
    return theme


def known_themes(session: Session) -> list[str]:
    """Every theme's name, for the author to choose from."""
    return list(session.scalars(select(Theme.name).order_by(Theme.name)))


def _names(typed: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for raw in typed.replace("\n", ",").split(","):
        name = " ".join(raw.split())
        if not name:
            continue
        if len(name) > LONGEST or not name.isprintable() or not any(char.isalnum() for char in name):
            raise InvalidInput(
                f"“{name[:LONGEST]}” cannot be a topic.",
                field="themes",
                hint=f"At most {LONGEST} letters each.",
            )
        names.setdefault(slugify(name), name)
    if len(names) > MOST:
        raise InvalidInput(f"At most {MOST} topics, or none of them says much.", field="themes")
    return names
