"""A second edition of an issue that went out: a mail of its own, with its own subject, because the author wants it.

There is no button for those who “did not open”: programs open mail that nobody reads and readers read mail that no
program opened, so that number names the wrong people. Who has no copy at all is another matter (delivery.again).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.branding import sender_of
from app.delivery.editions import freeze_edition
from app.delivery.ledger import LedgerCounts, count, open_ledger
from app.delivery.models import Edition, EditionClass, EditionState
from app.delivery.quiet import set_quiet_window
from app.foundation.errors import Conflict, InvalidInput
from app.issues.cadence import get_cadence
from app.issues.composing import Press, Words, compose, words_of
from app.issues.models import Issue, IssueState
from app.issues.queries import get_issue
from app.publication.settings import get_publication
from app.rendering.letter import web_line
from app.subscribers.models import Function
from app.tracking.rewriting import plan_links, register_links


@dataclass(frozen=True)
class SecondEdition:
    """One that was sent, and its numbers."""

    edition: Edition
    counts: LedgerCounts


def second_editions(session: Session, issue_id: int) -> list[SecondEdition]:
    """Those of an issue, the first first."""
    query = select(Edition).where(Edition.key.startswith(f"issue:{issue_id}:second:")).order_by(Edition.id)
    return [SecondEdition(edition, count(session, edition.id)) for edition in session.scalars(query)]


def words_again(session: Session, issue: Issue, number: int, subject: str, preheader: str) -> Words:
    """The issue's words of today under another subject. `number`: see `send_second_edition`.

    Raises Conflict for what has not gone out, InvalidInput for a subject that readers have seen already.
    """
    if issue.state is not IssueState.SENT:
        raise Conflict(f"This issue is {issue.state.value}; a second edition can follow when it is sent.")
    if issue.withdrawn_at is not None:
        raise Conflict(
            "Its page is withdrawn, and the mail would lead readers there.", hint="Put the page back first."
        )
    sent = second_editions(session, issue.id)
    if len(sent) != number:
        raise Conflict("This second edition went out already.", hint="Its numbers stand below.")
    said = _folded(subject)
    if not said:
        raise InvalidInput(
            "A second edition needs a subject.", field="subject", hint="Say why it comes again."
        )
    seen = {
        _folded(issue.subject),
        *(_folded(each.edition.subject) for each in sent),
    }
    if said in seen:
        raise InvalidInput(
            "is the one readers have seen already.",
            field="subject",
            hint="Give it one of its own, so that nobody takes it for a mistake.",
        )
    return replace(words_of(issue), subject=subject.strip(), preheader=preheader.strip())


def send_second_edition(
    session: Session,
    now: datetime,
    issue_id: int,
    press: Press,
    *,
    number: int,
    subject: str,
    preheader: str = "",
    function: Function | None = None,
) -> LedgerCounts:
    """Freeze the issue's words of today as a mail of its own and send it to everybody who has the topic on, or to
    those of one function. `number` is how many there were when the author decided: the same form again sends nothing.

    Raises as `words_again`, ContentError for whatever readers could not be sent, and Conflict when nobody would get
    it, after which the transaction is to be rolled back.
    """
    issue = get_issue(session, issue_id)
    words = words_again(session, issue, number, subject, preheader)
    rendered, urls = plan_links(compose(session, words, press), press.links)
    publication, topic_id = get_publication(session), get_cadence(session, issue.kind).topic_id
    key = f"issue:{issue_id}:second:{number + 1}"
    edition = freeze_edition(
        session,
        now,
        key=key,
        edition_class=EditionClass.BULK,
        rendered=rendered,
        sender=sender_of(publication),
        reply_to=publication.reply_address,
        topic_id=topic_id,
    )
    if edition.state is not EditionState.OPEN or edition.opened_at is not None:
        raise Conflict("This second edition went out already.", hint="Its numbers stand below.")
    register_links(session, edition.id, urls)
    set_quiet_window(session, key, topic_id, now)
    counts = open_ledger(session, now, edition.id, function=function)
    if not counts.open:
        raise Conflict(_nobody(counts, function), hint="Nothing was sent, and the subject is still free.")
    return counts


def _nobody(counts: LedgerCounts, function: Function | None) -> str:
    """Why nobody would get it."""
    if counts.audience:
        return "There is nobody to send it to: all who read it are suppressed or have not confirmed their address."
    those = "reader of that function" if function else "reader"
    return f"There is nobody to send it to: no {those} has it switched on today."


def _folded(subject: str) -> str:
    return web_line(subject, field="subject").casefold()
