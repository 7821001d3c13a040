"""The one mail that a machine answers with: "your mail has arrived". Off until the author wants it.

RFC 3834: only to a person's answer that proves itself, never to what machines or lists send, never to the null sender,
once for an address within the author's number of days; ours says that it is automatic and comes from nowhere.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.conversation.answering import ancestry_of, answer_subject
from app.conversation.correspondents import read_claimed
from app.conversation.house_rules import Rules, get_rules
from app.conversation.inbox_models import Acknowledgement
from app.conversation.mime import parse_mail
from app.conversation.models import InboundMail, Message, Proof, Thread
from app.conversation.people import Person, person_of
from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.ledger import queue_delivery
from app.delivery.models import Delivery, EditionClass
from app.foundation.addresses import address_hash
from app.foundation.db import changed_rows
from app.foundation.errors import HandoffError
from app.publication.settings import get_publication
from app.rendering.mail import render_mail
from app.rendering.markdown import Places, to_html, to_text
from app.rendering.slots import SlotRegistry
from app.signup.desk import Desk

log = logging.getLogger(__name__)

_HEADER_BYTES: Final = 256 * 1024
_NO_ANSWER: Final = (
    *("list-id", "list-post", "list-unsubscribe", "list-help", "x-mailing-list", "feedback-id"),
    *("auto-submitted", "x-auto-response-suppress", "x-autoreply", "x-autorespond", "precedence"),
)
_ROBOTS: Final = (
    *("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply", "bounce", "owner-"),
)
"""Local parts nobody reads (RFC 3834, 2)."""


def acknowledge(
    session: Session, now: datetime, desk: Desk, inbound: InboundMail, message: Message, raw: bytes
) -> Delivery | None:
    """Queue the acknowledgement of a mail that was just filed, where the rules allow it; None where they do not. That
    it cannot be written keeps no mail from being filed."""
    rules = get_rules(session)
    if not rules.acknowledge or message.proof is not Proof.TOKEN:
        return None
    thread = session.get_one(Thread, message.thread_id)
    person = person_of(session, thread)
    if not person.can_be_answered or person.suppressed or not _from_a_person(raw, message, person, inbound):
        return None
    try:
        with session.begin_nested():
            if not _first_in(session, now, desk, person, rules):
                return None
            return _queue(session, now, desk, thread, message, person, rules)
    except HandoffError as error:
        log.error("message %s is not acknowledged: %s", message.id, error)
        return None


def _from_a_person(raw: bytes, message: Message, person: Person, inbound: InboundMail) -> bool:
    """The envelope and the header of a mail that a person wrote, from the very address it is proved to belong to."""
    if inbound.via in {"lmtp", "smtp"} and not inbound.envelope_from:
        return False
    claimed, known = read_claimed(message.sender), read_claimed(person.address)
    if claimed is None or known is None or claimed.canonical != known.canonical:
        return False
    if claimed.canonical.startswith(_ROBOTS) or claimed.canonical.partition("@")[0].endswith("-request"):
        return False
    mail = parse_mail(raw[:_HEADER_BYTES])
    if mail.get("return-path").strip() == "<>":
        return False
    said = [name for name in _NO_ANSWER if mail.get(name)]
    return not said or (said == ["auto-submitted"] and mail.get("auto-submitted").strip().lower() == "no")


def _first_in(session: Session, now: datetime, desk: Desk, person: Person, rules: Rules) -> bool:
    """Claim this address for so many days; False when it had one."""
    address = read_claimed(person.address)
    if address is None:
        return False
    digest = address_hash(address.canonical, desk.signer.key("address"))
    known = session.scalar(select(Acknowledgement.at).where(Acknowledgement.address_hash == digest))
    if known is None:
        try:
            with session.begin_nested():
                session.add(Acknowledgement(address_hash=digest, at=now))
        except IntegrityError:
            return False
        return True
    table = Acknowledgement
    return (
        changed_rows(
            session,
            update(table)
            .where(table.address_hash == digest, table.at <= now - timedelta(days=rules.acknowledge_days))
            .values(at=now)
            .execution_options(synchronize_session=False),
        )
        == 1
    )


def _queue(
    session: Session,
    now: datetime,
    desk: Desk,
    thread: Thread,
    message: Message,
    person: Person,
    rules: Rules,
) -> Delivery | None:
    if person.kind is None:
        return None
    publication = get_publication(session)
    registry, places = SlotRegistry(), Places(desk.links.base_url)
    context = {
        "brand": brand_of(publication),
        "base_url": desk.links.base_url,
        "subject": f"Auto: {answer_subject(session, thread)}"[:240],
        "body_html": to_html(rules.acknowledge_words, registry, places),
        "body_text": to_text(rules.acknowledge_words, registry, places),
    }
    edition = freeze_edition(
        session,
        now,
        key=f"acknowledgement:{message.id}",
        edition_class=EditionClass.PERSONAL,
        rendered=render_mail(desk.emails_dir, "acknowledgement", context, registry),
        sender=sender_of(publication),
        reply_to=publication.reply_address,
        ancestry=ancestry_of(message),
        auto_replied=True,
    )
    return queue_delivery(
        session,
        now,
        edition_id=edition.id,
        recipient_kind=person.kind,
        recipient_id=person.id,
        occasion=f"acknowledgement:{message.id}",
    )
