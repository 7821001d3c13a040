"""Looking at a clipped page: fetched within bounds, read for what it says about itself, its picture copied.

No database here: this waits for other people's servers, and no transaction may stay open meanwhile.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from app.foundation.storage import Storage
from app.issues.canonical import clean_url, site_of
from app.issues.clip_models import ReadState
from app.issues.fetching import Fetched, Fetcher, FetchFailed, Problem, Want, status_words
from app.issues.metadata import Metadata, read_metadata
from app.issues.page.titles import title_from_path
from app.issues.targets import read_target
from app.issues.thumbnails import keep_thumbnail

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", ""})
_STATE: Final = {
    Problem.REFUSED: ReadState.REFUSED,
    Problem.UNKNOWN_HOST: ReadState.DEAD,
}
_CLOSED_TO_US: Final = frozenset({401, 402, 403, 407, 429, 451, 999})


@dataclass(frozen=True)
class Reading:
    """What came of looking at a page; `problem` is a sentence, "" when all is well."""

    state: ReadState
    status: int | None = None
    problem: str = ""
    metadata: Metadata | None = None
    picture: str = ""


def read_article(fetcher: Fetcher, storage: Storage, url: str, *, today: date) -> Reading:
    """Fetch and read a page. Never raises for anything that lies with the page; storage may be away (Unavailable)."""
    try:
        answer = fetcher.fetch(url, Want.PAGE)
    except FetchFailed as error:
        return Reading(_STATE.get(error.problem, ReadState.TROUBLE), problem=error.message)
    if answer.status >= 400:
        state = state_of(answer.status)
        return Reading(state, answer.status, status_words(answer.status), _by_address(answer))
    if answer.content_type not in _PAGES:
        return Reading(ReadState.READ, answer.status, "", _by_address(answer))
    found = read_metadata(answer.url, answer.headers.get("content-type", ""), answer.body, today=today)
    if found.at_the_door:
        return Reading(
            ReadState.BLOCKED,
            answer.status,
            "The site lets people in and asks us to prove that we are one.",
            found,
        )
    return Reading(ReadState.READ, answer.status, "", found, _picture(fetcher, storage, found.image_url))


def look_again(fetcher: Fetcher, url: str) -> Reading:
    """Is the page still there? Its words are not read again."""
    found = fetcher.check_link(url)
    if found.status is None:
        state = ReadState.TROUBLE
    else:
        state = state_of(found.status) if found.status >= 400 else ReadState.READ
    return Reading(state, found.status, found.problem)


def state_of(status: int) -> ReadState:
    """What an error's status means for the clip."""
    if status in {404, 410}:
        return ReadState.DEAD
    return ReadState.BLOCKED if status in _CLOSED_TO_US else ReadState.TROUBLE


def _by_address(answer: Fetched) -> Metadata:
    """The little that an address tells by itself; something for the author to begin with."""
    target = read_target(answer.url)
    title = title_from_path(target.path_and_query.partition("?")[0])
    return Metadata(title=title, source=site_of(target.host), canonical_url=clean_url(answer.url))


def _picture(fetcher: Fetcher, storage: Storage, url: str) -> str:
    """A picture that cannot be had is no problem of the article's."""
    if not url:
        return ""
    try:
        answer = fetcher.fetch(url, Want.PICTURE)
    except FetchFailed:
        return ""
    return keep_thumbnail(storage, answer.body) if answer.status == 200 and not answer.cut else ""
