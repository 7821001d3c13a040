"""The next part is out: a short mail to readers who asked for just that, beside the letter and never on top of it.

Both mails are frozen in one transaction. Whoever gets the part itself stands in the reminder's ledger as excluded.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.leasing import finish_edition
from app.delivery.ledger import LedgerCounts, count, open_ledger
from app.delivery.models import Edition, EditionClass
from app.issues.composing import Press
from app.issues.framing import series_line
from app.issues.guests import guest_of
from app.issues.models import Issue
from app.issues.series import place_of
from app.issues.words import reading_minutes
from app.publication.settings import get_publication
from app.rendering.letter import web_line
from app.rendering.mail import render_mail
from app.rendering.slots import RenderedMail
from app.tracking.rewriting import plan_links, register_links


@dataclass(frozen=True)
class Reminder:
    """The mail, rendered, and the topic of those who want it."""

    rendered: RenderedMail
    urls: tuple[str, ...]
    topic_id: int


def prepare_reminder(session: Session, issue: Issue, press: Press) -> Reminder | None:
    """The reminder of a part; None for an issue in no series. Reads only."""
    place = place_of(session, issue.id)
    if place is None:
        return None
    guest = guest_of(session, issue.id)
    context: dict[str, object] = {
        "subject": f"{place.words} of “{place.series.name}” is out",
        "title": web_line(issue.title),
        "preheader": web_line(issue.preheader) if issue.preheader else "",
        "series": series_line(place, press.links),
        "web_url": press.links.issue(issue.slug),
        "minutes": reading_minutes(len(issue.markdown.split())),
        "guest_name": guest.name if guest else "",
        "brand": brand_of(get_publication(session)),
        "base_url": press.links.base_url,
    }
    rendered, urls = plan_links(render_mail(press.emails_dir, "series-part", context), press.links)
    return Reminder(rendered, urls, place.series.topic_id)


def send_reminder(
    session: Session, now: datetime, issue_id: int, reminder: Reminder, letter_edition_id: int
) -> LedgerCounts:
    """Freeze it and open its ledger; twice gives the same one."""
    publication = get_publication(session)
    edition = freeze_edition(
        session,
        now,
        key=reminder_key(issue_id),
        edition_class=EditionClass.BULK,
        rendered=reminder.rendered,
        sender=sender_of(publication),
        reply_to=publication.reply_address,
        topic_id=reminder.topic_id,
    )
    register_links(session, edition.id, reminder.urls)
    counts = open_ledger(session, now, edition.id, unless_sent=letter_edition_id)
    if not counts.open:
        finish_edition(session, now, edition.id)
    return counts


def reminder_counts(session: Session, issue_id: int) -> LedgerCounts | None:
    """The numbers of the reminder of this issue, for the studio."""
    edition_id = session.scalar(select(Edition.id).where(Edition.key == reminder_key(issue_id)))
    return count(session, edition_id) if edition_id else None


def reminder_key(issue_id: int) -> str:
    """`Edition.key` of an issue's reminder."""
    return f"series-part:{issue_id}"
