"""`/issues`: every letter that went out, as pages of the web, to be searched and walked through by topic."""

from urllib.parse import quote

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import NotFound
from app.foundation.paging import Page, page_number
from app.issues.models import IssueKind
from app.issues.queries import neighbours, sent_issue, sent_issues
from app.issues.search_words import read_wanted
from app.issues.searching import search_archive
from app.issues.series import place_of, series_in_archive
from app.issues.themes import archive_themes, get_theme, themes_of
from app.subscribers.queries import sign_up_topics
from app.web.public.forms import FUNCTION_NAMES, FormState
from app.web.public.kept import keep
from app.web.public.letters import Letter, letter_of
from app.web.public.sharing import ways_to_share
from app.web.public.structured import article_data
from app.web.state import reader, runtime

bp = Blueprint("archive", __name__)

PER_PAGE = 20
HITS = 10


@bp.get("/issues")
def index() -> ResponseReturnValue:
    """All letters, the newest first; `?kind=` narrows the list, `?q=` searches it."""
    if request.args.get("q"):
        return _search(request.args["q"])
    return _list()


@keep
def _list() -> ResponseReturnValue:
    kind = next((each for each in IssueKind if each.value == request.args.get("kind")), None)
    page = _letters(kind=kind)
    return render_template(
        "public/issues.html",
        here="issues",
        page=page,
        kind=kind,
        themes=archive_themes(reader()),
        series=series_in_archive(reader()),
    )


def _search(typed: str) -> str:
    wanted = read_wanted(typed)
    page = search_archive(reader(), wanted, page=page_number(request.args.get("page")), per_page=HITS)
    return render_template(
        "public/search.html", here="issues", wanted=wanted, page=page, tail="&q=" + quote(wanted.typed)
    )


@bp.get("/topics/<slug>")
@keep
def topic(slug: str) -> ResponseReturnValue:
    """What the archive has about one thing."""
    theme = get_theme(reader(), slug)
    page = _letters(theme_id=theme.id)
    if not page.total:
        raise NotFound(
            "Nothing about this is in the archive.", hint="The archive lists every letter that went out."
        )
    return render_template(
        "public/topic.html", here="issues", theme=theme, page=page, themes=archive_themes(reader())
    )


def _letters(*, kind: IssueKind | None = None, theme_id: int | None = None) -> Page[Letter]:
    number = page_number(request.args.get("page"))
    found = sent_issues(reader(), kind=kind, theme_id=theme_id, page=number, per_page=PER_PAGE)
    return Page(tuple(letter_of(issue) for issue in found.items), found.number, PER_PAGE, found.total)


@bp.get("/issues/<slug>")
def issue(slug: str) -> ResponseReturnValue:
    found = sent_issue(reader(), slug)
    before, after = neighbours(reader(), found)
    return issue_page(
        letter_of(found, with_body=True),
        themes=themes_of(reader(), found.id),
        place=place_of(reader(), found.id),
        before=letter_of(before) if before else None,
        after=letter_of(after) if after else None,
    )


def issue_page(letter: Letter, **around: object) -> str:
    """The page of one letter; the studio shows it before there is one, with nothing around it."""
    address = runtime().links.issue(letter.slug)
    return render_template(
        "public/issue.html",
        here="issues",
        letter=letter,
        address=address,
        picture=f"{address}/card.png?v={letter.card.mark}",
        shares=ways_to_share(address, letter.title),
        structured=article_data(letter, runtime().links),
        topics=sign_up_topics(reader()),
        form=FormState(source=f"issue {letter.slug}"[:200]),
        next_state=FormState(source=f"issue {letter.slug}"[:200]),
        functions=FUNCTION_NAMES,
        **around,
    )
