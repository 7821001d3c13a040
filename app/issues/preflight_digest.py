"""Checks on a Sunday digest: six links, a line for each, none twice and none that went out before."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.errors import ContentError, InvalidInput
from app.issues.clip_models import SentLink
from app.issues.clipping import key_hash
from app.issues.composing import Words
from app.issues.findings import Check, Finding, error, warning
from app.issues.models import Issue, IssueKind
from app.issues.writing import PICKS, six_or_not
from app.rendering.digest import Digest, read_digest

_MOST: Final = 30


def check_digest(session: Session, words: Words) -> Iterator[Finding]:
    """Findings on a digest; nothing for a letter, nor for a text that has no list (that is found elsewhere)."""
    if words.kind is not IssueKind.LINKS:
        return
    try:
        digest = read_digest(words.markdown)
    except ContentError:
        return
    count = len(digest.links)
    if count != PICKS:
        problem = six_or_not(count)
        yield error(Check.DIGEST, problem.message, problem.hint or "")
    for number, link in enumerate(digest.links[:_MOST], start=1):
        if not link.why.strip():
            yield warning(
                Check.COMMENTARY,
                f"Link {number}, “{link.title[:80]}”, has no line on why it matters.",
                "Say in a sentence what a busy reader gets from it.",
            )
    yield from _met_before(session, words, digest)


def _met_before(session: Session, words: Words, digest: Digest) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for number, link in enumerate(digest.links[:_MOST], start=1):
        try:
            key = key_hash(link.url)
        except InvalidInput:
            continue
        if key in seen:
            yield warning(
                Check.REPEATED,
                f"Links {seen[key]} and {number} lead to the same article.",
                "Take one of them out.",
            )
            continue
        seen[key] = number
        query = select(SentLink.issue_id, Issue.title).join(Issue, SentLink.issue_id == Issue.id)
        sent = session.execute(
            query.where(SentLink.key_hash == key, Issue.slug != words.slug)
            .order_by(SentLink.issue_id.desc())
            .limit(1)
        ).first()
        if sent is not None:
            yield warning(
                Check.REPEATED,
                f"Link {number} went out before, in “{sent.title[:80]}”.",
                "Readers may remember it; say why it is worth a second look.",
            )
