"""Issues as the web shows them: merge tags are their fallbacks, nothing belongs to a reader (A36)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.issues.framing import guest_line
from app.issues.guests import guest_of
from app.issues.models import Issue, IssueKind
from app.issues.queries import sent_issues
from app.issues.words import reading_minutes
from app.publication.settings import get_publication
from app.rendering.answering import Letterbox
from app.rendering.around import GuestLine
from app.rendering.card import Card
from app.rendering.digest import read_digest
from app.rendering.digest_web import digest_html
from app.rendering.letter import web_line
from app.rendering.markdown import Places, to_web_html
from app.web.public.site import issued_on, site
from app.web.state import reader, runtime

KIND_WORDS = {IssueKind.LETTER: "Letter", IssueKind.LINKS: "Six links"}
NO_BODY = Markup("")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Letter:
    """One issue as a page or as a line of a list, with what a reader wants to know before."""

    slug: str
    kind: IssueKind
    title: str
    preheader: str
    sent_at: datetime | None
    changed_at: datetime
    words: int
    body: Markup = NO_BODY
    guest: GuestLine | None = None

    @property
    def by(self) -> str:
        """Who wrote it: the guest, or the author of the publication."""
        return self.guest.name if self.guest else site().author_name

    @property
    def canonical(self) -> str:
        """The page that counts: ours, or where a republished article appeared first."""
        own = runtime().links.issue(self.slug)
        return self.guest.original_url or own if self.guest else own

    @property
    def minutes(self) -> int:
        return reading_minutes(self.words)

    @property
    def year(self) -> int:
        """In the publication's zone."""
        return (self.sent_at or NEVER).astimezone(ZoneInfo(site().time_zone)).year

    @property
    def kind_words(self) -> str:
        return KIND_WORDS[self.kind]

    @property
    def card(self) -> Card:
        """The picture that goes with a link to it."""
        here = site()
        return Card(
            here.name,
            self.title,
            self.kind_words,
            self.by,
            issued_on(self.sent_at),
            here.card_accent,
        )


def letter_of(issue: Issue, *, with_body: bool = False, with_guest: bool = False) -> Letter:
    """The issue for the web; its guest costs a question, so lists go without, and with the body it is always there."""
    guest = guest_of(reader(), issue.id) if with_body or with_guest else None
    return Letter(
        slug=issue.slug,
        kind=issue.kind,
        title=web_line(issue.title),
        preheader=web_line(issue.preheader),
        sent_at=issue.sent_at,
        changed_at=max(issue.updated_at, issue.sent_at or NEVER),
        words=len(issue.markdown.split()),
        body=body_of(issue) if with_body else NO_BODY,
        guest=guest_line(guest, runtime().links) if guest else None,
    )


def body_of(issue: Issue) -> Markup:
    """Its text as HTML with absolute addresses."""
    guide = next(iter(site().guides), None)
    letterbox = Letterbox(reply_address=get_publication(reader()).reply_address, about=web_line(issue.title))
    links = runtime().links
    places = Places(
        links.base_url,
        links.guide(guide.slug) if guide else None,
        letterbox,
        web_url=links.issue(issue.slug),
    )
    if issue.kind is IssueKind.LINKS:
        return digest_html(read_digest(issue.markdown), places)
    return to_web_html(issue.markdown, places)


def latest_letters(count: int) -> tuple[Letter, ...]:
    """The newest issues that went out."""
    return tuple(letter_of(issue) for issue in sent_issues(reader(), per_page=count).items)
