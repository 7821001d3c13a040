"""From six picks to the Sunday digest, and what is remembered of it once it is out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.foundation.errors import Conflict, ContentError, InvalidInput
from app.issues.arranging import picked
from app.issues.cadence import get_cadence, next_slot
from app.issues.clip_models import Clip, ClipState, DigestDraft, SentLink
from app.issues.clipping import key_hash
from app.issues.models import Issue, IssueKind
from app.issues.page.words import shortened
from app.issues.words import day_words
from app.issues.writing import EDITABLE, Draft, create_issue, save_issue
from app.rendering.digest import Digest, DigestLink, read_digest, write_digest

LONGEST_PREHEADER: Final = 140
_OUR_TITLE: Final = re.compile(r"Six links for [A-Z][a-z]+day \d{1,2} [A-Z][a-z]+")
"""A title that the author has not touched."""


@dataclass(frozen=True)
class Drafted:
    """The digest as an issue; `is_new` is False when an earlier draft was brought up to date."""

    issue: Issue
    is_new: bool


def draft_digest(session: Session, now: datetime, *, replace: bool = False) -> Drafted:
    """Make the picks into an issue, or bring the one that they were made into up to date.

    What was written before and after the list is kept, as are title, subject and preview line. When the list itself
    was changed in the editor, the picks take its place only with `replace`. Raises InvalidInput without picks,
    Conflict without `replace`.
    """
    picks = picked(session)
    if not picks:
        raise InvalidInput(
            "There are no picks yet.", field="picks", hint="Pick six links from your shortlist."
        )
    links = tuple(map(link_of, picks))
    draft = open_draft(session)
    if draft is None:
        words = _first_words(session, now, links)
        issue = create_issue(session, now, IssueKind.LINKS, words)
    else:
        issue = _brought_up_to_date(session, now, draft, links, replace=replace)
    session.execute(update(Clip).where(Clip.issue_id == issue.id).values(issue_id=None))
    session.execute(update(Clip).where(Clip.id.in_([pick.id for pick in picks])).values(issue_id=issue.id))
    session.merge(DigestDraft(issue_id=issue.id, version=issue.version))
    session.flush()
    return Drafted(issue, draft is None)


def open_draft(session: Session) -> DigestDraft | None:
    """The latest draft made of picks that can still be changed."""
    query = select(DigestDraft).join(Issue, DigestDraft.issue_id == Issue.id).where(Issue.state.in_(EDITABLE))
    return session.scalar(query.order_by(DigestDraft.issue_id.desc()).limit(1))


def link_of(clip: Clip) -> DigestLink:
    """A clip as readers will see it."""
    return DigestLink(
        title=clip.title or clip.url,
        url=clip.url,
        source=clip.source,
        why=clip.why,
        byline=clip.byline,
        minutes=clip.minutes,
        picture=f"/pictures/{clip.picture}" if clip.picture else "",
    )


def retitle_digest(session: Session, now: datetime, draft: DigestDraft) -> Issue:
    """Let a title of ours name the next slot, where it names one that has gone by; the author's own stays."""
    issue = session.get_one(Issue, draft.issue_id)
    title = _title(session, now)
    if issue.title == title or not _OUR_TITLE.fullmatch(issue.title):
        return issue
    subject = title if issue.subject == issue.title else issue.subject
    own = draft.version == issue.version
    words = Draft(title, subject, issue.preheader, issue.markdown, slug=title)
    issue = save_issue(session, now, issue.id, issue.version, words)
    if own:
        draft.version = issue.version
    session.flush()
    return issue


def settle_digest(session: Session, now: datetime, issue: Issue) -> None:
    """Remember every link of a digest that goes out, however it was written; its clips are used. A pick that was
    taken out of the text by hand goes back to the shortlist."""
    if issue.kind is not IssueKind.LINKS:
        return
    session.execute(delete(SentLink).where(SentLink.issue_id == issue.id))
    keys = set()
    for number, link in enumerate(read_digest(issue.markdown).links, start=1):
        try:
            key = key_hash(link.url)
        except InvalidInput:
            continue  # a mailto: or a path of ours
        keys.add(key)
        session.add(
            SentLink(
                issue_id=issue.id, number=number, key_hash=key, url=link.url[:2000], title=link.title[:300]
            )
        )
    session.flush()
    session.execute(
        update(Clip)
        .where(Clip.issue_id == issue.id, Clip.state == ClipState.PICKED, Clip.key_hash.not_in(keys))
        .values(state=ClipState.SHORTLISTED, issue_id=None, position=None, moved_at=now)
    )
    on_hand = Clip.state.in_((ClipState.TRAY, ClipState.SHORTLISTED, ClipState.PICKED))
    session.execute(
        update(Clip)
        .where(Clip.key_hash.in_(keys), on_hand)
        .values(state=ClipState.USED, issue_id=issue.id, position=None, due_at=None, moved_at=now)
    )


def _brought_up_to_date(
    session: Session, now: datetime, draft: DigestDraft, links: tuple[DigestLink, ...], *, replace: bool
) -> Issue:
    issue = retitle_digest(session, now, draft)
    before, after, preheader, readable = "", "", issue.preheader, True
    try:
        present = read_digest(issue.markdown)
        before, after = present.before, present.after
        if preheader == _preheader(present.links):
            preheader = _preheader(links)
        same = present.links == read_digest(write_digest(Digest(links))).links
    except ContentError:
        readable = same = False
    if same:
        return issue
    if not replace and (issue.version != draft.version or not readable):
        raise Conflict(
            "The list of links was changed in the editor since it was drafted.",
            field="replace",
            hint="Go on there, or tick the box: then the picks take the place of the list there.",
        )
    words = Draft(
        issue.title, issue.subject, preheader, write_digest(Digest(links, before, after)), issue.slug
    )
    return save_issue(session, now, issue.id, issue.version, words)


def _first_words(session: Session, now: datetime, links: tuple[DigestLink, ...]) -> Draft:
    return Draft(
        title=_title(session, now), preheader=_preheader(links), markdown=write_digest(Digest(links))
    )


def _title(session: Session, now: datetime) -> str:
    cadence = get_cadence(session, IssueKind.LINKS)
    local = next_slot(session, now, IssueKind.LINKS).at.astimezone(ZoneInfo(cadence.zone))
    return f"Six links for {day_words(local).rpartition(' ')[0]}"


def _preheader(links: Sequence[DigestLink]) -> str:
    return shortened(", ".join(link.title for link in links[:3]), LONGEST_PREHEADER)
