"""Gathering for the Sunday links: every way in, where a clip lies, and what is known of its page.

An article is one clip, under whatever addresses it comes: the address without its marks decides when it is clipped,
and the page's own word for it once the page was read.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows, dialect_of
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.jobs import ring_after_commit
from app.issues.canonical import clean_url, same_article_key
from app.issues.clip_models import Clip, ClipOrigin, ClipState, ReadState
from app.issues.page.words import one_line
from app.issues.reading import Reading

MOST_AT_ONCE: Final = 50
LONGEST_NOTE: Final = 2000
LOOK_AGAIN: Final = timedelta(hours=24)
WAIT: Final = (timedelta(minutes=10), timedelta(hours=2))
"""After the first and the second failed try; then the author decides."""
ON_HAND: Final = (ClipState.TRAY, ClipState.SHORTLISTED, ClipState.PICKED)
_TURN: Final = 0x636C6970
"""The number of the lock that clipping takes."""
_URL: Final = re.compile(r"(?i)\bhttps?://[^\s<>\"“”|\\^`{}]{3,1990}")
_TRAILING: Final = ".,;:!?’'\"*_…"


class Outcome(StrEnum):
    """What became of something that was clipped."""

    NEW = "new"
    ALREADY = "already"
    BACK = "back"
    SEEN = "seen"


@dataclass(frozen=True)
class Clipped:
    """The clip, new or the one that was there. SEEN: a feed brought what was dismissed or used before."""

    clip: Clip
    outcome: Outcome


@dataclass(frozen=True)
class Source:
    """Where a clip comes from, and what that already tells about it."""

    origin: ClipOrigin
    author_id: int | None = None
    feed_id: int | None = None
    title: str = ""
    byline: str = ""
    excerpt: str = ""
    note: str = ""


def clip(session: Session, now: datetime, url: str, source: Source) -> Clipped:
    """Put an article into the tray, once. Raises InvalidInput naming `url` for what is no web address."""
    cleaned = clean_url(url)
    key = key_hash(cleaned)
    note = source.note.strip()[:LONGEST_NOTE]
    _take_turns(session)
    known = session.scalars(select(Clip).where(Clip.key_hash == key).order_by(Clip.id.desc())).all()
    by_feed = source.origin is ClipOrigin.FEED
    here = next((each for each in known if each.state in ON_HAND), None)
    if here is not None:
        here = session.get(Clip, here.duplicate_of_id or here.id) or here
        here.note = here.note or note
        return Clipped(here, Outcome.ALREADY)
    if known and by_feed:
        return Clipped(known[0], Outcome.SEEN)
    dismissed = next((each for each in known if each.state is ClipState.DISMISSED), None)
    if dismissed is not None:
        dismissed.state, dismissed.moved_at, dismissed.clipped_at = ClipState.TRAY, now, now
        dismissed.note = note or dismissed.note
        return Clipped(dismissed, Outcome.BACK)
    fresh = Clip(
        url=cleaned,
        key_hash=key,
        state=ClipState.TRAY,
        origin=source.origin,
        author_id=source.author_id,
        feed_id=source.feed_id,
        title=one_line(source.title),
        byline=source.byline[:300],
        excerpt=source.excerpt[:500],
        note=note,
        read_state=ReadState.WAITING,
        due_at=now,
        clipped_at=now,
        moved_at=now,
    )
    session.add(fresh)
    session.flush()
    ring_after_commit(session, "clipping.read_clip", fresh.id)
    return Clipped(fresh, Outcome.NEW)


def _take_turns(session: Session) -> None:
    """A button pressed twice, or a paste while a feed is read, is still one clip; SQLite has one writer anyway."""
    if dialect_of(session) == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_TURN)))


def clip_text(session: Session, now: datetime, text: str, source: Source) -> list[Clipped]:
    """Every address in a pasted text. Raises InvalidInput naming `urls` when there is none, or too many."""
    urls = urls_in(text)
    if not urls:
        raise InvalidInput(
            "hold none that can be read.",
            field="urls",
            hint="Paste one address a line; each begins with https://.",
        )
    if len(urls) > MOST_AT_ONCE:
        raise InvalidInput(f"are {len(urls)}; at most {MOST_AT_ONCE} at once.", field="urls")
    for url in urls:
        try:
            clean_url(url)
        except InvalidInput as error:
            raise InvalidInput(
                f"hold one that cannot be clipped. “{one_line(url, 80)}” {error.message}",
                field="urls",
                hint="Take it out or put it right; nothing has been clipped yet.",
            ) from None
    return [clip(session, now, url, source) for url in urls]


def clip_mail(
    session: Session, now: datetime, *, author_id: int | None, subject: str, words: str, links: Sequence[str]
) -> list[Clipped]:
    """What the author forwarded: the addresses in their own words, or else the mail's links.

    Never raises for what a mail holds; links that are no addresses are left out.
    """
    own = urls_in(words)
    chosen = own or [link for link in links if _worth_clipping(link)]
    note = _URL.sub("", words).strip() if own else words.strip()
    title = one_line(subject) if len(chosen) == 1 else ""
    title = re.sub(r"(?i)^(?:(?:fwd?|wg|tr|re|aw)\s*:\s*)+", "", title)
    clipped = []
    for url in list(dict.fromkeys(chosen))[:MOST_AT_ONCE]:
        source = Source(ClipOrigin.MAIL, author_id=author_id, title=title, note=" ".join(note.split()))
        try:
            clipped.append(clip(session, now, url, source))
        except InvalidInput:
            continue
    return clipped


def urls_in(text: str) -> list[str]:
    """The web addresses in a text, each once, without the punctuation that follows them."""
    found = []
    for match in _URL.finditer(text[:200_000]):
        url = match.group(0).rstrip(_TRAILING)
        for opening, closing in ("()", "[]"):
            while url.endswith(closing) and url.count(closing) > url.count(opening):
                url = url[:-1].rstrip(_TRAILING)
        found.append(url)
    return list(dict.fromkeys(found))


def key_hash(url: str) -> str:
    """The same for two addresses that we take for the same article."""
    return hashlib.sha256(same_article_key(url).encode()).hexdigest()


def claim_reading(session: Session, now: datetime, clip_id: int) -> Clip | None:
    """Take on looking at a clip's page; None when it is not due, or somebody else has taken it on."""
    claimed = changed_rows(
        session,
        update(Clip)
        .where(Clip.id == clip_id, Clip.due_at <= now)
        .values(due_at=now + WAIT[0], attempts=Clip.attempts + 1),
    )
    return session.get(Clip, clip_id, populate_existing=True) if claimed else None


def record_reading(session: Session, now: datetime, clip_id: int, found: Reading) -> None:
    """Keep what was found. What the author wrote by hand stays; empty fields are filled all the same."""
    kept = session.get(Clip, clip_id)
    if kept is None:
        return
    first = kept.read_state is not ReadState.READ
    kept.status, kept.problem = found.status, found.problem[:300]
    kept.read_state = found.state
    if found.metadata is not None and first:
        _take_over(kept, found)
        _settle_address(session, kept, found.metadata.canonical_url)
    kept.due_at = _next_look(kept, now)
    session.flush()


def look_again_later(session: Session, clip_ids: Sequence[int], now: datetime) -> None:
    """Clips on their way into a digest are looked at daily, so that a page that dies meanwhile is noticed."""
    session.execute(
        update(Clip).where(Clip.id.in_(clip_ids), Clip.due_at.is_(None)).values(due_at=now + LOOK_AGAIN)
    )


def due_clip_ids(session: Session, now: datetime, limit: int = 20) -> list[int]:
    """Clips whose page is to be looked at, those that wait longest first."""
    query = select(Clip.id).where(Clip.due_at <= now, Clip.state.in_(ON_HAND))
    return list(session.scalars(query.order_by(Clip.due_at, Clip.id).limit(limit)))


def get_clip(session: Session, clip_id: int) -> Clip:
    """Raises NotFound."""
    found = session.get(Clip, clip_id)
    if found is None:
        raise NotFound("There is no such clip.", hint="Load the page again.")
    return found


def _take_over(kept: Clip, found: Reading) -> None:
    said = found.metadata
    if said is None:
        return
    by_hand = kept.edited_at is not None
    guessed = found.state is not ReadState.READ  # only the address was read: anything else is better
    for name, value in (
        ("title", said.title),
        ("source", said.source[:120]),
        ("byline", said.author[:300]),
        ("excerpt", said.excerpt[:500]),
        ("published_on", said.published_on),
        ("minutes", said.minutes),
        ("picture", found.picture),
    ):
        if value and not (getattr(kept, name) and (by_hand or guessed)):
            setattr(kept, name, value)


def _settle_address(session: Session, kept: Clip, canonical: str) -> None:
    """The page's own address, and with it whether we have the article already."""
    if not canonical:
        return
    if kept.edited_at is None:
        kept.url = canonical
    kept.key_hash = key_hash(kept.url)
    first = session.scalar(
        select(Clip)
        .where(
            Clip.key_hash == kept.key_hash,
            Clip.id < kept.id,
            Clip.state.in_(ON_HAND),
            Clip.duplicate_of_id.is_(None),
        )
        .order_by(Clip.id)
        .limit(1)
    )
    if first is not None and kept.state is ClipState.TRAY:
        kept.duplicate_of_id = first.id
        first.note = first.note or kept.note


def _next_look(kept: Clip, now: datetime) -> datetime | None:
    if kept.read_state is ReadState.TROUBLE and kept.attempts <= len(WAIT):
        return now + WAIT[max(0, kept.attempts - 1)]
    if kept.state in {ClipState.SHORTLISTED, ClipState.PICKED} and kept.read_state is not ReadState.REFUSED:
        return now + LOOK_AGAIN
    return None


_FOOTER: Final = re.compile(
    r"(?i)unsubscribe|preferences|opt-?out|abmelden|view.{0,10}browser|webversion|list-manage\.com/(?:profile|vcard|unsub)"
    r"|/privacy|/terms|/legal|/login|/signin|/account|mailto:|\.(?:png|jpe?g|gif|css|ico)(?:$|\?)"
    r"|(?:facebook|twitter|x|instagram|linkedin|threads|bsky|tiktok)\.(?:com|net|app)/(?:sharer?|intent|share|company|in)?[\w./@-]{0,40}$"
    r"|fonts\.g|doubleclick|/track/open|/pixel"
)


def _worth_clipping(link: str) -> bool:
    """Not the furniture of a newsletter: ways out, settings, social buttons, pictures."""
    return link.lower().startswith(("http://", "https://")) and not _FOOTER.search(link)
