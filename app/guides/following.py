"""Writing the follow-ups that are due: each content one Edition, each reader one Delivery, all in the ledger."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.ledger import queue_delivery
from app.delivery.models import Edition, EditionClass, EditionState, RecipientKind
from app.foundation.links import Links
from app.foundation.tokens import Signer
from app.guides.access import download_token
from app.guides.content import FollowUp, GuideContent
from app.guides.followups import due_grants, ensure_topic, in_order
from app.guides.models import FollowUpMail, Grant
from app.guides.rules import STANDARD, GateRules
from app.publication.settings import get_publication
from app.rendering.answering import Letterbox
from app.rendering.mail import render_mail
from app.rendering.markdown import Places, to_html, to_text
from app.rendering.slots import RenderedMail, SlotRegistry
from app.rendering.typeset import typeset

LINK: Final = "{{ guide_link }}"


@dataclass(frozen=True)
class Pen:
    """What writing needs beside the session."""

    signer: Signer
    links: Links
    emails_dir: Path
    reply_domain: str = ""
    rules: GateRules = STANDARD


def send_due_followups(session: Session, now: datetime, pen: Pen, content: GuideContent) -> int:
    """Queue every follow-up of this guide that is due; how many. Again at once finds nothing more to do.

    Raises ContentError when a follow-up cannot be made into a mail.
    """
    topic = ensure_topic(session, content)
    if topic is None:
        return 0
    count = 0
    for followup in in_order(content):
        grants = due_grants(session, now, content.slug, topic.id, followup, pen.rules.quiet)
        if not grants:
            continue
        edition = freeze_followup(session, now, pen, content, followup, topic.id)
        if edition.state is EditionState.STOPPED:
            continue
        for grant in grants:
            _queue(session, now, pen, grant, followup, edition)
        session.flush()  # the next one asks who has had one today
        count += len(grants)
    return count


def freeze_followup(
    session: Session, now: datetime, pen: Pen, content: GuideContent, followup: FollowUp, topic_id: int
) -> Edition:
    """The follow-up as a mail; other words make another Edition."""
    publication = get_publication(session)
    rendered = render_followup(session, pen, content, followup)
    sender = sender_of(publication)
    seed = repr((rendered, sender, publication.reply_address, topic_id))
    return freeze_edition(
        session,
        now,
        key=f"followup:{followup.slug[:40]}:{hashlib.sha256(seed.encode()).hexdigest()[:32]}",
        edition_class=EditionClass.BULK,
        rendered=rendered,
        sender=sender,
        reply_to=publication.reply_address,
        topic_id=topic_id,
    )


def render_followup(session: Session, pen: Pen, content: GuideContent, followup: FollowUp) -> RenderedMail:
    """The mail with its slots open. `{{ guide_link }}` in the text becomes the button with the reader's own link."""
    registry = SlotRegistry()
    before, link, after = followup.markdown.partition(LINK)
    brand = brand_of(get_publication(session))
    letterbox = Letterbox(pen.reply_domain, brand.reply_address, followup.matter.subject)
    places = Places(pen.links.base_url, pen.links.guide(content.slug), letterbox)
    context = {
        "brand": brand,
        "base_url": pen.links.base_url,
        "subject": followup.matter.subject,
        "preheader": followup.matter.preview,
        "guide_title": typeset(content.title),
        "guide_slug": content.slug,
        "has_link": bool(link),
        "body_html": to_html(before, registry, places),
        "body_text": to_text(before, registry, places),
        "after_html": to_html(after, registry, places) if after.strip() else Markup(""),
        "after_text": to_text(after, registry, places) if after.strip() else "",
    }
    return render_mail(pen.emails_dir, "followup", context, registry)


def _queue(
    session: Session, now: datetime, pen: Pen, grant: Grant, followup: FollowUp, edition: Edition
) -> None:
    slots = (
        {"download_token": download_token(pen.signer, grant, now, pen.rules)}
        if LINK in followup.markdown
        else {}
    )
    delivery = queue_delivery(
        session,
        now,
        edition_id=edition.id,
        recipient_kind=RecipientKind.SUBSCRIBER,
        recipient_id=grant.subscriber_id,
        occasion=f"grant:{grant.id}",
        slots=dict(slots),
    )
    session.add(FollowUpMail(grant_id=grant.id, name=followup.slug, queued_at=now, delivery_id=delivery.id))
