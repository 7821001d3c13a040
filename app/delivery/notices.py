"""Mail to the authors themselves: something happened that they should know."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.queries import active_authors
from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.ledger import queue_delivery
from app.delivery.models import Delivery, Edition, EditionClass, EditionState, RecipientKind
from app.foundation.links import Links
from app.publication.settings import get_publication
from app.rendering.mail import render_mail


@dataclass(frozen=True)
class Notice:
    """What the mail says; the action is a button and may be empty."""

    headline: str
    paragraphs: tuple[str, ...]
    action_label: str = ""
    action_url: str = ""


def tell_of_pause(
    session: Session, now: datetime, edition: Edition, why: str, *, emails_dir: Path, links: Links
) -> None:
    """That an Edition does not go on, or that what has gone out is being refused. Raises as tell_authors does."""
    gone = edition.state is EditionState.DONE
    was = "has gone out, and this came back" if gone else "was being sent when this happened"
    advice = (
        "Nobody was taken off the list for it. Read what the servers say before the next letter goes out."
        if gone
        else "Nobody is lost and nobody is mailed twice. Look at it in the studio, then resume or stop it."
    )
    notice = Notice(
        headline="Mail servers refuse a letter" if gone else "Sending is paused",
        paragraphs=(f"“{edition.subject}” {was}: {why}", advice),
        action_label="Open the studio",
        action_url=links.admin(),
    )
    occasion = f"paused:{edition.id}:{now:%Y%m%d%H%M}"
    tell_authors(session, now, notice, emails_dir=emails_dir, links=links, occasion=occasion)


def already_told(session: Session, occasion: str) -> bool:
    """Was any author told on this occasion, in whatever words?"""
    told = select(Delivery.id).where(
        Delivery.recipient_kind == RecipientKind.AUTHOR, Delivery.occasion == occasion
    )
    return session.scalar(told.limit(1)) is not None


def tell_authors(
    session: Session, now: datetime, notice: Notice, *, emails_dir: Path, links: Links, occasion: str
) -> list[Delivery]:
    """One mail to each author who may enter; the same occasion again sends nothing twice.

    Raises TemplateMissing, TemplateBroken or ContentError when the notice cannot be rendered.
    """
    publication = get_publication(session)
    context = {
        "brand": brand_of(publication),
        "base_url": links.base_url,
        "headline": notice.headline,
        "paragraphs": list(notice.paragraphs),
        "action_label": notice.action_label,
        "action_url": notice.action_url,
    }
    rendered = render_mail(emails_dir, "author-notice", context)
    digest = hashlib.sha256(repr(sorted(asdict(rendered).items())).encode()).hexdigest()
    edition = freeze_edition(
        session,
        now,
        key=f"notice:{digest}",
        edition_class=EditionClass.AUTHOR,
        rendered=rendered,
        sender=sender_of(publication),
    )
    return queue_for_authors(session, now, edition.id, occasion=occasion)


def queue_for_authors(session: Session, now: datetime, edition_id: int, *, occasion: str) -> list[Delivery]:
    """This Edition to each author who may enter; the same occasion again sends nothing twice."""
    return [
        queue_delivery(
            session,
            now,
            edition_id=edition_id,
            recipient_kind=RecipientKind.AUTHOR,
            recipient_id=author.id,
            occasion=occasion,
        )
        for author in active_authors(session)
    ]
