"""Searching the public archive: the best first, with the places that were found marked in title and text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, bindparam, text
from sqlalchemy.orm import Session

from app.foundation.db import UtcDateTime, dialect_of, enum_type
from app.foundation.paging import Page
from app.issues.accents import FOLDED, accented
from app.issues.models import IssueKind
from app.issues.search_words import Wanted

OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
LESS: Final = "\ue002"
"""Characters of no script: the database puts what it found between the first two, and nothing of the text is taken for
markup. The third stands for a less-than sign while PostgreSQL looks, which would leave out what it takes for a tag."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `found` is to be marked."""

    text: str
    found: bool = False


@dataclass(frozen=True)
class Hit:
    """An issue that was found; `excerpt` is empty when only the title speaks of it."""

    slug: str
    kind: IssueKind
    sent_at: datetime
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]


GAP: Final = " … "

_VISIBLE: Final = "issue.state IN ('sending', 'sent') AND issue.withdrawn_at IS NULL"

_SQLITE: Final = f"""
SELECT issue.slug, issue.kind, issue.sent_at,
       highlight(issue_fts, 0, :open, :close) AS title, snippet(issue_fts, 2, :open, :close, '…', 36) AS excerpt
FROM issue_fts JOIN issue ON issue.id = issue_fts.rowid
WHERE issue_fts MATCH :wanted AND {_VISIBLE}
ORDER BY bm25(issue_fts, 8.0, 3.0, 1.0), issue.sent_at DESC, issue.id DESC LIMIT :limit OFFSET :offset
"""  # noqa: S608 - our own words only
_SQLITE_COUNT: Final = f"""
SELECT count(*) FROM issue_fts JOIN issue ON issue.id = issue_fts.rowid
WHERE issue_fts MATCH :wanted AND {_VISIBLE}
"""  # noqa: S608

_FROM_POSTGRESQL: Final = f"""
FROM issue_text JOIN issue ON issue.id = issue_text.issue_id,
     websearch_to_tsquery('english', :wanted) AS wanted
WHERE issue_text.words @@ wanted AND {_VISIBLE}
"""
_POSTGRESQL: Final = f"""
SELECT slug, kind, sent_at, title AS whole_title, body,
       ts_headline('english', replace({FOLDED.format("title")}, '<', :less), wanted, :whole) AS title,
       ts_headline('english', replace({FOLDED.format("body")}, '<', :less), wanted, :part) AS excerpt
FROM (
  SELECT issue.slug, issue.kind, issue.sent_at, issue.id, issue_text.title, issue_text.body, wanted,
         ts_rank_cd(issue_text.words, wanted, 1) AS rank
  {_FROM_POSTGRESQL}
  ORDER BY rank DESC, issue.sent_at DESC, issue.id DESC LIMIT :limit OFFSET :offset
) AS found ORDER BY rank DESC, sent_at DESC, id DESC
"""  # noqa: S608
_POSTGRESQL_COUNT: Final = f"SELECT count(*) {_FROM_POSTGRESQL}"

_WHOLE: Final = f"StartSel={OPEN}, StopSel={CLOSE}, HighlightAll=true"
_PART: Final = (
    f"StartSel={OPEN}, StopSel={CLOSE}, MaxFragments=2, MaxWords=24, MinWords=12, FragmentDelimiter='{GAP}'"
)


def search_archive(session: Session, wanted: Wanted, *, page: int = 1, per_page: int = 10) -> Page[Hit]:
    """What readers may read and holds every wanted term; nothing for a query without any."""
    if not wanted.findable:
        return Page((), page, per_page, 0)
    is_postgresql = dialect_of(session) == "postgresql"
    expression = wanted.for_postgresql() if is_postgresql else wanted.for_sqlite()
    count = text(_POSTGRESQL_COUNT if is_postgresql else _SQLITE_COUNT)
    total = session.scalar(count, {"wanted": expression}) or 0
    paging = {"wanted": expression, "limit": per_page, "offset": (page - 1) * per_page}
    marks = (
        {"whole": _WHOLE, "part": _PART, "less": LESS} if is_postgresql else {"open": OPEN, "close": CLOSE}
    )
    query = text(_POSTGRESQL if is_postgresql else _SQLITE).bindparams(
        bindparam("limit"), bindparam("offset")
    )
    rows = session.execute(
        query.columns(kind=enum_type(IssueKind), sent_at=UtcDateTime()), {**paging, **marks}
    ).mappings()
    hits = tuple(
        Hit(
            row["slug"],
            row["kind"],
            row["sent_at"],
            pieces(_as_written(row, "title", "whole_title")),
            _excerpt(_as_written(row, "excerpt", "body")),
        )
        for row in rows
    )
    return Page(hits, page, per_page, total)


def _as_written(row: RowMapping, found: str, text: str) -> str:
    """What was found with its accents, which PostgreSQL looked for without; SQLite shows them itself."""
    if text not in row:
        return str(row[found])
    return accented(row[found], row[text].replace("<", LESS), marks=OPEN + CLOSE, gap=GAP)


def pieces(marked: str) -> tuple[Piece, ...]:
    """The text cut at the marks that the database put in."""
    parts: list[Piece] = []
    for number, stretch in enumerate(marked.replace(LESS, "<").split(OPEN)):
        found, closed, rest = stretch.partition(CLOSE)
        if number and closed:
            parts += [Piece(found, True), Piece(rest)]
        else:
            parts.append(Piece(stretch))
    return tuple(part for part in parts if part.text)


def _excerpt(marked: str) -> tuple[Piece, ...]:
    found = pieces(" ".join(marked.split()))
    return found if any(part.found for part in found) else ()
