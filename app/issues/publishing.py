"""From a due issue to a mail on its way: rendered once, frozen, its audience frozen with it.

The database decides who publishes: `UPDATE … WHERE state = 'scheduled'`, so two clocks send one issue. Rendering
happens before that claim, outside the writing transaction, and the claim names the version that was rendered.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.delivery.branding import sender_of
from app.delivery.editions import freeze_edition
from app.delivery.leasing import finish_edition
from app.delivery.ledger import LedgerCounts, open_ledger
from app.delivery.models import Edition, EditionClass, EditionState
from app.delivery.notices import Notice, tell_authors
from app.delivery.quiet import clear_quiet_window, set_quiet_window
from app.foundation.db import changed_rows
from app.foundation.errors import Conflict, HandoffError
from app.foundation.jobs import ring_after_commit
from app.issues.archive_index import index_issue
from app.issues.cadence import get_cadence
from app.issues.composing import Press, compose_issue
from app.issues.digest import settle_digest
from app.issues.models import Cadence, Issue, IssueState, LatePolicy
from app.issues.queries import due_issue_ids, get_issue
from app.issues.reminding import Reminder, prepare_reminder, send_reminder
from app.issues.scheduling import window_key
from app.issues.words import span_words, when_words
from app.issues.writing import EDITABLE, check_complete
from app.publication.settings import get_publication
from app.rendering.slots import RenderedMail
from app.tracking.rewriting import plan_links, register_links

log = logging.getLogger(__name__)

RESTORED: Final = (
    "The database was restored from a backup, so this issue may have gone out already. Look whether readers have it, "
    "then send it or take it back."
)


@dataclass(frozen=True)
class Prepared:
    """An issue rendered and ready to be claimed; good only for this version of it."""

    issue_id: int
    version: int
    rendered: RenderedMail
    urls: tuple[str, ...]
    sender: str
    reply_to: str
    topic_id: int
    reminder: Reminder | None = None


@dataclass(frozen=True)
class Published:
    """What became of a due issue: `counts` when it goes out, `held` with the reason when it waits for the author."""

    issue_id: int
    counts: LedgerCounts | None = None
    held: str = ""


def prepare_issue(session: Session, issue_id: int, press: Press) -> Prepared:
    """Render the issue and number its links; reads only.

    Raises ContentError or InvalidInput, naming field and line, for whatever readers could not be sent.
    """
    issue = get_issue(session, issue_id)
    publication = get_publication(session)
    rendered, urls = plan_links(compose_issue(session, issue, press), press.links)
    return Prepared(
        issue_id=issue.id,
        version=issue.version,
        rendered=rendered,
        urls=urls,
        sender=sender_of(publication),
        reply_to=publication.reply_address,
        topic_id=get_cadence(session, issue.kind).topic_id,
        reminder=prepare_reminder(session, issue, press),
    )


def publish_prepared(session: Session, now: datetime, prepared: Prepared) -> Published | None:
    """Claim the due issue, freeze its Edition, open its ledger and ring; None when somebody else was first, or when
    it has become too late since it was rendered: the next look holds it.

    Raises InvalidInput and ContentError when the rendered mail cannot be frozen.
    """
    if lateness(session, now, prepared.issue_id):
        return None
    claimed = changed_rows(
        session,
        update(Issue)
        .where(
            Issue.id == prepared.issue_id,
            Issue.version == prepared.version,
            Issue.state == IssueState.SCHEDULED,
            Issue.scheduled_at <= now,
        )
        .values(state=IssueState.SENDING, sent_at=now, held_reason=""),
    )
    if claimed != 1:
        return None
    edition = freeze_edition(
        session,
        now,
        key=f"issue:{prepared.issue_id}",
        edition_class=EditionClass.BULK,
        rendered=prepared.rendered,
        sender=prepared.sender,
        reply_to=prepared.reply_to,
        topic_id=prepared.topic_id,
    )
    register_links(session, edition.id, prepared.urls)
    set_quiet_window(session, window_key(prepared.issue_id), prepared.topic_id, now)
    session.execute(update(Issue).where(Issue.id == prepared.issue_id).values(edition_id=edition.id))
    issue = get_issue(session, prepared.issue_id)
    session.refresh(issue)
    index_issue(session, issue)
    settle_digest(session, now, issue)
    counts = open_ledger(session, now, edition.id)
    if prepared.reminder:
        send_reminder(session, now, prepared.issue_id, prepared.reminder, edition.id)
    if not counts.open:
        finish_edition(session, now, edition.id)  # nobody to mail: no worker will ever close its last chunk
    return Published(prepared.issue_id, counts=counts)


def lateness(session: Session, now: datetime, issue_id: int) -> str:
    """Why a due issue is too late to go out by itself, in a sentence; "" when it may go."""
    issue = get_issue(session, issue_id)
    cadence = get_cadence(session, issue.kind)
    if issue.scheduled_at is None or cadence.late_policy is LatePolicy.SEND:
        return ""
    late = now - issue.scheduled_at
    if late <= timedelta(minutes=cadence.grace_minutes):
        return ""
    return _late_words(issue.scheduled_at, late, cadence)


def hold_issue(session: Session, now: datetime, issue_id: int, reason: str, press: Press) -> Published | None:
    """Nobody is mailed; the issue waits, its slot is free again, and every author is told why. None when it is not
    due any more: taken back, moved or published since somebody looked.
    """
    claimed = changed_rows(
        session,
        update(Issue)
        .where(Issue.id == issue_id, Issue.state == IssueState.SCHEDULED, Issue.scheduled_at <= now)
        .values(state=IssueState.HELD, slot=None, held_reason=reason, updated_at=now),
    )
    if claimed != 1:
        return None
    clear_quiet_window(session, window_key(issue_id))
    issue = get_issue(session, issue_id)
    session.refresh(issue)
    notice = Notice(
        headline=f"“{issue.title}” was held back",
        paragraphs=(
            reason,
            "Nobody has been mailed. The issue waits for you in the studio, just as you left it.",
        ),
        action_label="Look at the issue",
        action_url=press.links.admin(f"issues/{issue.id}"),
    )
    try:
        with session.begin_nested():
            occasion = f"held:{issue_id}:{now:%Y%m%dT%H%M%S}"
            tell_authors(
                session, now, notice, emails_dir=press.emails_dir, links=press.links, occasion=occasion
            )
    except HandoffError as error:
        log.error("issue %s is held, and its authors could not be told: %s", issue_id, error)
    return Published(issue_id, held=reason)


def hold_due(session: Session, now: datetime, reason: str, press: Press) -> int:
    """Hold every issue whose slot has come: it may have gone out where this database does not know of; how many."""
    return sum(
        hold_issue(session, now, each, reason, press) is not None for each in due_issue_ids(session, now)
    )


def send_now(session: Session, now: datetime, issue_id: int, *, version: int | None = None) -> Issue:
    """Approve the issue for this very moment; the ring, or the clock's next tick, sends it on its way.

    A scheduled issue gives its slot free. Raises Conflict when it is out already or was changed meanwhile.
    """
    issue = get_issue(session, issue_id)
    if version is not None and version != issue.version:
        raise Conflict(
            "The issue was changed after you looked at it.", hint="Look at it again, then send it."
        )
    check_complete(issue)
    local = now.astimezone(ZoneInfo(get_cadence(session, issue.kind).zone))
    claimed = changed_rows(
        session,
        update(Issue)
        .where(
            Issue.id == issue_id,
            Issue.version == issue.version,
            Issue.state.in_((*EDITABLE, IssueState.SCHEDULED)),
        )
        .values(
            state=IssueState.SCHEDULED,
            slot=f"{local.replace(tzinfo=None).isoformat(timespec='seconds')}#{issue_id}",
            scheduled_at=now,
            held_reason="",
        ),
    )
    session.refresh(issue)
    if claimed != 1 and issue.state in EDITABLE:
        raise Conflict(
            "The issue was changed after you looked at it.", hint="Look at it again, then send it."
        )
    if claimed != 1:
        raise Conflict(f"This issue is {issue.state.value} already.")
    ring_after_commit(session, "issues.publish_due")
    return issue


def finish_sent(session: Session) -> int:
    """Every issue whose Edition has come to its end is sent; how many there were."""
    ended = (EditionState.DONE, EditionState.STOPPED)
    return changed_rows(
        session,
        update(Issue)
        .where(
            Issue.state == IssueState.SENDING,
            exists(select(Edition.id).where(Edition.id == Issue.edition_id, Edition.state.in_(ended))),
        )
        .values(state=IssueState.SENT),
    )


def _late_words(slot: datetime, late: timedelta, cadence: Cadence) -> str:
    when = when_words(slot, ZoneInfo(cadence.zone))
    rest = (
        "It is your decision whether it still goes out."
        if cadence.late_policy is LatePolicy.ASK
        else f"Issues that are more than {span_words(timedelta(minutes=cadence.grace_minutes))} late are held back."
    )
    return (
        f"It was due {when}, and nothing was running here to send it until {span_words(late)} later. {rest}"
    )
