"""An answer from the studio: written in Markdown, sent through the ledger, threaded under the reader's mail.

The form it is sent with carries an occasion of its own, and the occasion is unique: pressing the button twice, going
back and sending again, or two workers at once make one mail.
"""

import re
import textwrap
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.conversation.arranging import get_thread
from app.conversation.correspondents import claimed_subscriber, ensure_correspondent, read_claimed
from app.conversation.inert import inert_text
from app.conversation.models import Direction, Message, Thread, ThreadState
from app.conversation.people import Person, describe_correspondent, describe_reader, person_of
from app.conversation.threads import base_subject
from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.head import Ancestry
from app.delivery.headers import split_mailbox
from app.delivery.ledger import queue_delivery
from app.delivery.models import Delivery, Edition, EditionClass
from app.foundation.errors import Conflict, InvalidInput
from app.foundation.tokens import Purpose
from app.issues.words import MONTHS
from app.publication.models import Publication
from app.publication.settings import get_publication, zone_of
from app.rendering.mail import render_mail
from app.rendering.markdown import Places, to_html, to_text
from app.rendering.slots import RenderedMail, SlotRegistry, defuse
from app.signup.desk import Desk

LONGEST: Final = 50_000
QUOTED_MOST: Final = 4_000
MOST_REFERENCES: Final = 10
_OCCASION: Final = re.compile(r"[A-Za-z0-9_-]{16,40}")


class AnswerTo(StrEnum):
    """The person whose thread it is, or the address that the last mail claims to come from."""

    PERSON = "person"
    CLAIMED = "claimed"


@dataclass(frozen=True)
class Draft:
    """`occasion` is that of the form. `asks_for` are words the mail asks to be allowed to quote."""

    markdown: str
    occasion: str
    author_id: int | None
    to: AnswerTo = AnswerTo.PERSON
    asks_for: str = ""


def answer_thread(session: Session, now: datetime, desk: Desk, thread_id: int, draft: Draft) -> Message:
    """Put the answer into the ledger and the thread; the same form again gives the same message.

    Raises InvalidInput naming `markdown` or `occasion`, ContentError, and Conflict when there is nobody to write to.
    """
    if not _OCCASION.fullmatch(draft.occasion):
        raise InvalidInput("This form is not complete.", field="occasion", hint="Load the page again.")
    known = _sent_before(session, draft.occasion)
    if known is not None:
        return known
    thread = get_thread(session, thread_id)
    heard = last_heard(session, thread)
    person = recipient_of(session, now, desk, thread, heard, draft.to)
    if person.kind is None or not person.can_be_answered:
        raise Conflict("There is no address to write to.", hint="The mail came without a usable sender.")
    edition = _freeze(session, now, desk, thread, heard, person, draft)
    delivery = queue_delivery(
        session,
        now,
        edition_id=edition.id,
        recipient_kind=person.kind,
        recipient_id=person.id,
        occasion=f"answer:{draft.occasion}",
    )
    return _file(session, now, desk, thread, person, edition, delivery, draft)


def render_answer(
    session: Session, desk: Desk, thread: Thread, heard: Message | None, person: Person, draft: Draft
) -> RenderedMail:
    """The mail, with its slots open; for sending and for the preview. Raises InvalidInput and ContentError."""
    words = draft.markdown.replace("\0", "").replace("\r\n", "\n").strip()
    if not words:
        raise InvalidInput("An answer needs words.", field="markdown")
    if len(words) > LONGEST:
        raise InvalidInput(f"An answer has at most {LONGEST:,} characters.", field="markdown")
    publication = get_publication(session)
    registry, places = SlotRegistry(), Places(desk.links.base_url)
    theirs = _quoted(heard, desk.links.base_url)
    context = {
        "brand": brand_of(publication),
        "base_url": desk.links.base_url,
        "subject": answer_subject(session, thread),
        "body_html": to_html(words, registry, places),
        "body_text": to_text(words, registry, places),
        "asks_for": _paragraphs(draft.asks_for),
        "asks_for_text": _wrapped(draft.asks_for, "    "),
        "wrote": _wrote(heard, person, publication) if heard and theirs else "",
        "quoted": _paragraphs(theirs),
        "quoted_text": _wrapped(theirs, "> "),
    }
    return render_mail(desk.emails_dir, "answer", context, registry)


def last_heard(session: Session, thread: Thread) -> Message | None:
    """The reader's newest mail of a thread: the one that is answered."""
    query = select(Message).where(Message.thread_id == thread.id, Message.direction == Direction.IN)
    return session.scalars(query.order_by(Message.id.desc()).limit(1)).first()


def answer_subject(session: Session, thread: Thread) -> str:
    """`Re:` and what it was about, without the marks that piled up."""
    subject = base_subject(thread.subject)
    if not subject and thread.edition_id is not None:
        subject = session.get_one(Edition, thread.edition_id).subject
    plain = " ".join("".join(char if char.isprintable() else " " for char in subject).split())
    return f"Re: {plain or 'your mail'}"[:240]


def recipient_of(
    session: Session, now: datetime, desk: Desk, thread: Thread, heard: Message | None, to: AnswerTo
) -> Person:
    """Whom the answer goes to. The proven address, unless the author chose the claimed one."""
    address = read_claimed(heard.sender) if heard and to is AnswerTo.CLAIMED else None
    if address is None:
        return person_of(session, thread)
    reader = claimed_subscriber(session, address)
    if reader is not None:
        return describe_reader(session, reader)
    key = desk.signer.key("address")
    return describe_correspondent(session, ensure_correspondent(session, now, address, key))


def ancestry_of(heard: Message | None) -> Ancestry:
    """What In-Reply-To and References must say (RFC 5322, 3.6.4); the oldest ids fall out of a long row."""
    if heard is None or not heard.message_id:
        return Ancestry()
    earlier = list(reversed(heard.earlier_ids.split()))
    kept = [*earlier[:1], *earlier[1:][-(MOST_REFERENCES - 2) :]] if earlier else []
    return Ancestry(heard.message_id, " ".join([*kept, heard.message_id]))


def _freeze(
    session: Session,
    now: datetime,
    desk: Desk,
    thread: Thread,
    heard: Message | None,
    person: Person,
    draft: Draft,
) -> Edition:
    publication = get_publication(session)
    return freeze_edition(
        session,
        now,
        key=f"answer:{thread.id}:{draft.occasion}",
        edition_class=EditionClass.PERSONAL,
        rendered=render_answer(session, desk, thread, heard, person, draft),
        sender=sender_of(publication),
        reply_to=publication.reply_address,
        ancestry=ancestry_of(heard),
    )


def _file(
    session: Session,
    now: datetime,
    desk: Desk,
    thread: Thread,
    person: Person,
    edition: Edition,
    delivery: Delivery,
    draft: Draft,
) -> Message:
    domain = split_mailbox(edition.sender)[1].rpartition("@")[2]
    message = Message(
        thread_id=thread.id,
        direction=Direction.OUT,
        at=now,
        sender=person.address,
        message_id=f"<{desk.signer.sign(Purpose.REPLY, delivery.id)}@{domain}>",
        delivery_id=delivery.id,
        occasion=draft.occasion,
        author_id=draft.author_id,
        text=draft.markdown.replace("\0", "").replace("\r\n", "\n").strip(),
    )
    try:
        with session.begin_nested():
            session.add(message)
    except IntegrityError:  # the same form, a moment earlier
        return session.scalars(select(Message).where(Message.occasion == draft.occasion)).one()
    thread.state, thread.unread, thread.snoozed_until = ThreadState.ANSWERED, False, None
    thread.answered_at, thread.last_at = thread.answered_at or now, now
    session.flush()
    return message


def _sent_before(session: Session, occasion: str) -> Message | None:
    return session.scalars(select(Message).where(Message.occasion == occasion)).one_or_none()


def _quoted(heard: Message | None, base_url: str) -> str:
    words = inert_text(heard.text, base_url).strip() if heard else ""
    return words if len(words) <= QUOTED_MOST else f"{words[:QUOTED_MOST].rstrip()} […]"


def _wrote(heard: Message, person: Person, publication: Publication) -> str:
    at = heard.at.astimezone(zone_of(publication))
    return f"On {at.day} {MONTHS[at.month - 1]} {at.year}, {person.called} wrote:"


def _paragraphs(text: str) -> list[Markup]:
    """Plain words as HTML: escaped, with their line breaks."""
    pieces = [piece.strip() for piece in re.split(r"\n\s*\n", text) if piece.strip()]
    return [Markup("<br>").join(defuse(piece).split("\n")) for piece in pieces]


def _wrapped(text: str, before: str) -> str:
    lines = []
    for line in text.strip().split("\n") if text.strip() else []:
        lines += textwrap.wrap(line, 70 - len(before)) or [""]
    return "\n".join(f"{before}{line}".rstrip() for line in lines)
