"""An issue as it would go out now: the author's words, today's publication and templates, rendered once."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.delivery.branding import brand_of
from app.foundation.links import Links
from app.issues.framing import around_of
from app.issues.models import Issue, IssueKind
from app.issues.writing import check_complete
from app.publication.settings import get_publication
from app.rendering.letter import render_letter
from app.rendering.slots import RenderedMail


@dataclass(frozen=True)
class Press:
    """What printing needs from outside: the templates, our addresses, where `{guide_url}` leads, and the
    domain at which answers come in."""

    emails_dir: Path
    links: Links
    guide_url: str | None = None
    reply_domain: str = ""


@dataclass(frozen=True)
class Words:
    """The words of an issue, saved or still in somebody's browser."""

    kind: IssueKind
    slug: str
    title: str
    subject: str
    preheader: str
    markdown: str


def words_of(issue: Issue) -> Words:
    """The words of a saved issue."""
    return Words(issue.kind, issue.slug, issue.title, issue.subject, issue.preheader, issue.markdown)


def compose(session: Session, words: Words, press: Press) -> RenderedMail:
    """The mail with its slots open.

    Raises ContentError or InvalidInput, naming field and line, for whatever readers could not be sent.
    """
    return render_letter(
        press.emails_dir,
        words.kind.value,
        title=words.title,
        subject=words.subject,
        preheader=words.preheader,
        markdown=words.markdown,
        brand=brand_of(get_publication(session)),
        base_url=press.links.base_url,
        web_url=press.links.issue(words.slug),
        guide_url=press.guide_url,
        reply_domain=press.reply_domain,
        around=around_of(session, words.slug, press.links),
    )


def compose_issue(session: Session, issue: Issue, press: Press) -> RenderedMail:
    """The mail of a saved issue that has all it needs. Raises as `compose`, and InvalidInput for what is missing."""
    check_complete(issue)
    return compose(session, words_of(issue), press)
