"""Writing an issue: drafts, saving without losing anybody's words, and what an issue needs before it may go out."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Conflict, InvalidInput
from app.issues.archive_index import index_issue
from app.issues.history import keep_version, same_words_since
from app.issues.models import Issue, IssueKind, IssueState, IssueVersion
from app.issues.queries import OUT, get_issue
from app.rendering.digest import read_digest

LONGEST_TEXT: Final = 400_000
LONGEST_LINE: Final = 300
PICKS: Final = 6
EDITABLE: Final = (IssueState.DRAFT, IssueState.HELD)
"""A scheduled issue is what the author approved; it has to be taken back before a word of it changes."""


@dataclass(frozen=True)
class Draft:
    """What the author types. An empty `slug` keeps the present one, or makes one from the title."""

    title: str
    subject: str = ""
    preheader: str = ""
    markdown: str = ""
    slug: str = ""


class EditedMeanwhile(Conflict):
    """Somebody saved this issue after the page was opened. `theirs` is what stands there now."""

    def __init__(self, theirs: Issue) -> None:
        super().__init__(
            "Somebody saved this issue while you were writing. Nothing is lost: your words are below, theirs "
            "beside them.",
            hint="Take over what you need, then save again.",
        )
        self.theirs = theirs


def create_issue(
    session: Session,
    now: datetime,
    kind: IssueKind,
    draft: Draft,
    *,
    author_id: int | None = None,
    notes: Iterable[str] = (),
    form_key: str = "",
) -> Issue:
    """A new draft. Without a subject of its own it takes the title; the same `form_key` again gives the same draft.

    Raises InvalidInput naming the field.
    """
    checked = _checked(draft)
    made = _made_by(session, form_key)
    if made is not None:
        return made
    issue = Issue(
        kind=kind,
        slug=free_slug(session, checked.slug or checked.title),
        title=checked.title,
        subject=checked.subject or checked.title,
        preheader=checked.preheader,
        markdown=checked.markdown,
        state=IssueState.DRAFT,
        version=1,
        import_notes="\n".join(" ".join(note.split()) for note in notes),
        form_key=form_key[:64] or None,
        created_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(issue)
    except IntegrityError:
        made = _made_by(session, form_key)
        if made is None:
            raise
        return made
    keep_version(session, now, issue, author_id)
    return issue


def save_issue(
    session: Session,
    now: datetime,
    issue_id: int,
    version: int,
    draft: Draft,
    *,
    author_id: int | None = None,
    by_itself: bool = False,
) -> Issue:
    """Save what the author typed over `version`, the one they had before them.

    Raises InvalidInput naming the field, EditedMeanwhile when the version has moved on, Conflict when the issue
    is scheduled or out already.
    """
    checked = _checked(draft)
    issue = get_issue(session, issue_id)
    slug = issue.slug
    if checked.slug and slugify(checked.slug) != issue.slug:
        slug = free_slug(session, checked.slug, keep=issue.id)
    if not by_itself:
        keep_version(
            session, issue.updated_at, issue, None
        )  # words saved by themselves since the last version
    saved = changed_rows(
        session,
        update(Issue)
        .where(Issue.id == issue_id, Issue.version == version, Issue.state.in_(EDITABLE))
        .values(
            title=checked.title,
            subject=checked.subject,
            preheader=checked.preheader,
            markdown=checked.markdown,
            slug=slug,
            version=version + 1,
            updated_at=now,
        ),
    )
    session.refresh(issue)
    if saved == 1:
        keep_version(session, now, issue, author_id, by_itself=by_itself)
        return issue
    if issue.state not in EDITABLE:
        raise Conflict(
            f"This issue is {issue.state.value} and can no longer be changed here.",
            hint="A scheduled issue can be taken back to a draft first.",
        )
    if _same_words(issue, checked):
        return issue  # the same form sent twice
    if issue.version > version and same_words_since(session, issue, version):
        return save_issue(
            session, now, issue_id, issue.version, draft, author_id=author_id, by_itself=by_itself
        )
    raise EditedMeanwhile(issue)


def correct_issue(
    session: Session,
    now: datetime,
    issue_id: int,
    version: int,
    draft: Draft,
    *,
    author_id: int | None = None,
) -> Issue:
    """Correct title and text of an issue that went out, for its web page; the mail is frozen and stays as it was.

    Raises InvalidInput naming the field, EditedMeanwhile, and Conflict when it has not gone out.
    """
    checked, issue = _checked(draft), get_issue(session, issue_id)
    if not checked.markdown.strip():
        raise InvalidInput("The page needs some text.", field="markdown")
    keep_version(session, issue.updated_at, issue, None)
    saved = changed_rows(
        session,
        update(Issue)
        .where(Issue.id == issue_id, Issue.version == version, Issue.state.in_(OUT))
        .values(title=checked.title, markdown=checked.markdown, version=version + 1, updated_at=now),
    )
    session.refresh(issue)
    if saved != 1:
        if issue.state not in OUT:
            raise Conflict("This issue has not gone out; change its text instead.")
        raise EditedMeanwhile(issue)
    keep_version(session, now, issue, author_id)
    index_issue(session, issue)
    return issue


def discard_issue(session: Session, issue_id: int) -> None:
    """Throw a draft away. Raises Conflict for anything but a draft that never went out."""
    kept = select(Issue.id).where(Issue.id == issue_id, Issue.state.in_(EDITABLE), Issue.edition_id.is_(None))
    session.execute(delete(IssueVersion).where(IssueVersion.issue_id.in_(kept)))
    gone = changed_rows(
        session,
        delete(Issue).where(Issue.id == issue_id, Issue.state.in_(EDITABLE), Issue.edition_id.is_(None)),
    )
    if gone != 1:
        raise Conflict("Only a draft that was never sent can be thrown away.")


def check_complete(issue: Issue) -> None:
    """Raises InvalidInput naming the first thing that is missing for sending: words, and for a digest its six links."""
    if not issue.subject.strip():
        raise InvalidInput(
            "An issue needs a subject.", field="subject", hint="One line that says what is inside."
        )
    if not issue.markdown.strip():
        raise InvalidInput("An issue needs some text.", field="markdown", hint="Write or import it first.")
    if issue.kind is IssueKind.LINKS and (count := len(read_digest(issue.markdown).links)) != PICKS:
        raise six_or_not(count)


def six_or_not(count: int) -> InvalidInput:
    """What is said of a digest that has not six links: it is neither padded nor cut."""
    missing = PICKS - count
    hint = (
        f"Choose {missing} more; the slot is held until then, and nothing is added to fill it."
        if missing > 0
        else f"Take {-missing} out; readers were promised six."
    )
    links = f"{count} link{'' if count == 1 else 's'}"
    return InvalidInput(
        f"A Sunday digest has six links, and this one has {links}.", field="markdown", hint=hint
    )


def slugify(text: str) -> str:
    """Words for an address: lower-case ASCII letters, digits and hyphens, at most 80 characters; never empty."""
    plain = (
        unicodedata.normalize("NFKD", text.replace("’", "").replace("'", ""))
        .encode("ascii", "ignore")
        .decode()
    )
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if len(words) > 80:
        words = words[:81].rpartition("-")[0] or words[:80]
    return words or "issue"


def free_slug(session: Session, wish: str, *, keep: int | None = None) -> str:
    """The wish as a slug that no other issue has: `name`, `name-2`, `name-3`…"""
    base = slugify(wish)
    query = select(Issue.slug).where(Issue.slug.startswith(base, autoescape=True))
    if keep is not None:
        query = query.where(Issue.id != keep)
    taken = set(session.scalars(query))
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _made_by(session: Session, form_key: str) -> Issue | None:
    return session.scalar(select(Issue).where(Issue.form_key == form_key[:64])) if form_key else None


def _checked(draft: Draft) -> Draft:
    title = _line(draft.title, "title")
    if not title:
        raise InvalidInput(
            "An issue needs a title.", field="title", hint="It heads the letter and names the page."
        )
    return Draft(
        title=title,
        subject=_line(draft.subject, "subject"),
        preheader=_line(draft.preheader, "preheader"),
        markdown=_text(draft.markdown),
        slug=draft.slug.strip(),
    )


def _same_words(issue: Issue, draft: Draft) -> bool:
    typed = (draft.title, draft.subject, draft.preheader, draft.markdown)
    return typed == (issue.title, issue.subject, issue.preheader, issue.markdown)


def _line(value: str, field: str) -> str:
    """One line: header injection (A1) is refused, not repaired, so that nobody wonders where words went."""
    text = unicodedata.normalize("NFC", value.strip())
    if len(text) > LONGEST_LINE:
        raise InvalidInput(f"is too long; at most {LONGEST_LINE} characters.", field=field)
    if any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in text):
        raise InvalidInput("must be one line.", field=field)
    return text


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise InvalidInput(
            f"is too long for a letter: {len(value):,} characters, at most {LONGEST_TEXT:,}.",
            field="markdown",
            hint="Put the long part on the web and link to it.",
        )
    if "\x00" in value:
        raise InvalidInput("holds a null character.", field="markdown", hint="Was it a text file?")
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
