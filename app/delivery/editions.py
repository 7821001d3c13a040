"""Freezing an Edition: from then on nothing the author changes reaches the mail (F24)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.composing import Composer
from app.delivery.head import Ancestry, Facts
from app.delivery.headers import split_mailbox
from app.delivery.letterhead import Letterhead
from app.delivery.message import compile_mail, load
from app.delivery.models import Edition, EditionClass, EditionState
from app.foundation.errors import InvalidInput, NotFound
from app.rendering.slots import RenderedMail
from app.subscribers.models import Topic


def freeze_edition(
    session: Session,
    now: datetime,
    *,
    key: str,
    edition_class: EditionClass,
    rendered: RenderedMail,
    sender: str,
    reply_to: str = "",
    topic_id: int | None = None,
    ancestry: Ancestry | None = None,
    auto_replied: bool = False,
) -> Edition:
    """Compile a rendered mail and keep it under `key`; the same key again gives the same Edition, unchanged.

    `sender` and `reply_to` are `Name <address>`. With a topic the mail carries the List- headers; bulk mail needs one.
    `ancestry` puts an answer under the mail it answers; `auto_replied` says that a machine answers (RFC 3834).
    Raises InvalidInput and ContentError naming what is wrong.
    """
    found = _with_key(session, key)
    if found is not None:
        return found
    if edition_class is EditionClass.BULK and topic_id is None:
        raise InvalidInput("Bulk mail needs a topic that its readers can leave.", field="topic_id")
    split_mailbox(sender)
    if reply_to:
        split_mailbox(reply_to)
    compiled = compile_mail(rendered)
    edition = Edition(
        key=key,
        edition_class=edition_class,
        topic_id=topic_id,
        subject=_plain_subject(rendered),
        sender=sender,
        reply_to=reply_to,
        in_reply_to=ancestry.in_reply_to if ancestry else "",
        earlier_ids=ancestry.references if ancestry else "",
        auto_replied=auto_replied,
        frozen=compiled.dump(),
        state=EditionState.OPEN,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(edition)
    except IntegrityError:
        found = _with_key(session, key)
        if found is None:
            raise
        return found
    return edition


def get_edition(session: Session, edition_id: int) -> Edition:
    """The Edition. Raises NotFound."""
    edition = session.get(Edition, edition_id)
    if edition is None:
        raise NotFound(f"There is no edition {edition_id}.")
    return edition


def facts_of(session: Session, edition: Edition) -> Facts:
    """What composing needs, detached from the session."""
    topic = session.get(Topic, edition.topic_id) if edition.topic_id else None
    return Facts(
        edition_id=edition.id,
        key=edition.key,
        edition_class=edition.edition_class,
        sender=edition.sender,
        reply_to=edition.reply_to,
        date=edition.opened_at or edition.created_at,
        topic_id=topic.id if topic else 0,
        topic_slug=topic.slug if topic else "",
        topic_name=topic.name if topic else "",
        ancestry=Ancestry(edition.in_reply_to, edition.earlier_ids),
        auto_replied=edition.auto_replied,
    )


def composer_of(session: Session, edition: Edition, letterhead: Letterhead) -> Composer:
    """Who writes this Edition's messages, from what was frozen."""
    return Composer(facts_of(session, edition), load(edition.frozen), letterhead)


def _with_key(session: Session, key: str) -> Edition | None:
    return session.execute(select(Edition).where(Edition.key == key)).scalar_one_or_none()


def _plain_subject(rendered: RenderedMail) -> str:
    """The subject as lists show it: every slot by its fallback."""
    words = " ".join(rendered.subject.split())
    for number, slot in enumerate(rendered.slots):
        words = words.replace(f"zqslot{number:04d}qz", slot.fallback)
    return words[:998]
