"""`/issues`: every letter that went out, as pages of the web; a feed and a map for machines. No reader's words."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.foundation.paging import Page, page_number
from app.issues.models import Issue, IssueKind
from app.issues.queries import sent_issue, sent_issues
from app.publication.settings import get_publication
from app.rendering.answering import Letterbox
from app.rendering.digest import read_digest
from app.rendering.digest_web import digest_html
from app.rendering.letter import web_line
from app.rendering.markdown import Places, to_web_html
from app.subscribers.queries import sign_up_topics
from app.web.public.forms import FUNCTION_NAMES, FormState
from app.web.public.site import site
from app.web.state import reader, runtime

bp = Blueprint("archive", __name__)

PER_PAGE = 20
FEED_LENGTH = 20


@dataclass(frozen=True)
class Letter:
    """One issue as the web shows it: merge tags are their fallbacks, nothing belongs to a reader (A36)."""

    slug: str
    kind: IssueKind
    title: str
    preheader: str
    sent_at: datetime | None
    body: Markup


def _letter(issue: Issue, *, with_body: bool = False) -> Letter:
    body = _body(issue) if with_body else Markup("")
    return Letter(
        issue.slug, issue.kind, web_line(issue.title), web_line(issue.preheader), issue.sent_at, body
    )


def _body(issue: Issue) -> Markup:
    guide = next(iter(site().guides), None)
    letterbox = Letterbox(reply_address=get_publication(reader()).reply_address, about=web_line(issue.title))
    places = Places(runtime().links.base_url, runtime().links.guide(guide.slug) if guide else None, letterbox)
    if issue.kind is IssueKind.LINKS:
        return digest_html(read_digest(issue.markdown), places)
    return to_web_html(issue.markdown, places)


@bp.get("/issues")
def index() -> ResponseReturnValue:
    """All letters, the newest first; `?kind=` narrows the list."""
    kind = next((each for each in IssueKind if each.value == request.args.get("kind")), None)
    found = sent_issues(reader(), kind=kind, page=page_number(request.args.get("page")), per_page=PER_PAGE)
    letters = tuple(_letter(issue) for issue in found.items)
    page = Page(letters, found.number, PER_PAGE, found.total)
    return render_template("public/issues.html", here="issues", page=page, kind=kind)


@bp.get("/issues/<slug>")
def issue(slug: str) -> ResponseReturnValue:
    return issue_page(_letter(sent_issue(reader(), slug), with_body=True))


def issue_page(letter: Letter) -> str:
    """The page of one letter; the studio shows it before there is one."""
    topics = sign_up_topics(reader())
    chosen = frozenset(topic.slug for topic in topics if topic.kind.value == letter.kind.value)
    return render_template(
        "public/issue.html",
        here="issues",
        letter=letter,
        topics=topics,
        form=FormState(topics=chosen, source=f"issue {letter.slug}"[:200]),
        functions=FUNCTION_NAMES,
    )


@bp.get("/feed.xml")
def feed() -> ResponseReturnValue:
    """Atom (RFC 4287) with whole letters."""
    letters = tuple(
        _letter(each, with_body=True) for each in sent_issues(reader(), per_page=FEED_LENGTH).items
    )
    updated = max((letter.sent_at for letter in letters if letter.sent_at), default=None)
    response = Response(
        render_template("public/feed.xml", letters=letters, updated=updated), mimetype="application/atom+xml"
    )
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return response.make_conditional(request)


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    """What a search engine may show: front page, archive, guides, letters (the newest 5,000)."""
    links = runtime().links
    urls = [links.home(), links.issues(), *(links.guide(guide.slug) for guide in site().guides)]
    urls += [links.issue(each.slug) for each in sent_issues(reader(), per_page=5000).items]
    return Response(render_template("public/sitemap.xml", urls=urls), mimetype="application/xml")
