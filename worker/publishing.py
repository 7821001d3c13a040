"""What is due today: issues whose slot has come go out, or are held with the reason. Run by the clock and by a ring."""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.delivery.installation import standing_of
from app.foundation.errors import HandoffError
from app.issues.archive_index import index_missed, missed_any
from app.issues.composing import words_of
from app.issues.preflight import HeldByPreflight, check_before, outside_urls
from app.issues.preflight_links import ask, recall_looks
from app.issues.publishing import (
    Prepared,
    Published,
    finish_sent,
    hold_issue,
    lateness,
    prepare_issue,
    publish_prepared,
)
from app.issues.queries import any_sending, due_issue_ids, get_issue, issue_ids_before
from app.wiring import Runtime, kit_of, press_of

log = logging.getLogger(__name__)

LOOK_AHEAD: Final = timedelta(hours=1)


def publish_due(here: Runtime, now: datetime) -> None:
    """Every due issue, each in transactions of its own; then whatever has come to its end is called sent."""
    with here.database.reading() as session:
        if not standing_of(session).may_send:
            return
        due, sending = due_issue_ids(session, now), any_sending(session)
    for issue_id in due:
        publish_one(here, now, issue_id)
    if due or sending:
        with here.database.writing() as session:
            finish_sent(session)


def publish_one(here: Runtime, now: datetime, issue_id: int) -> Published | None:
    """One due issue. Rendering happens outside the writing transaction; a database that is away holds nothing."""
    reason = ""
    try:
        with here.database.reading() as session:
            reason = lateness(session, now, issue_id)
            prepared = None if reason else _checked(here, session, now, issue_id)
        if prepared is not None:
            with here.database.writing() as session:
                return publish_prepared(session, now, prepared)
    except SQLAlchemyError:
        raise
    except HeldByPreflight as error:
        reason = f"The check before sending found something to mend. {error}"
    except HandoffError as error:
        reason = f"It could not be made into a mail: {error}"
    except Exception:
        log.exception("issue %s could not be published", issue_id)
        reason = (
            "It could not be made into a mail, for a reason nobody foresaw; the server's log has the details."
        )
    log.warning("issue %s is held: %s", issue_id, reason)
    with here.database.writing() as session:
        return hold_issue(session, now, issue_id, reason, press_of(here))


def look_at_links(here: Runtime, now: datetime) -> None:
    """In the hour before an issue goes out its links are asked once more, so that sending need not wait for them."""
    press = press_of(here)
    with here.database.reading() as session:
        ids = issue_ids_before(session, now, now + LOOK_AHEAD)
        urls = [url for each in ids for url in outside_urls(words_of(get_issue(session, each)), press)]
    if urls:
        ask(here.database, here.fetcher, now, urls, within=LOOK_AHEAD)


def index_archive(here: Runtime, _now: datetime) -> None:
    """What is out and cannot be found by searching yet, and what can be and must not any more."""
    with here.database.reading() as session:
        missed = missed_any(session)
    if missed:
        with here.database.writing() as session:
            index_missed(session)


def _checked(here: Runtime, session: Session, now: datetime, issue_id: int) -> Prepared:
    """The issue ready to be claimed. Every reader's mail is written at the gate, just before the first one leaves.

    Raises HeldByPreflight, and whatever else keeps it from being made into a mail.
    """
    words = words_of(get_issue(session, issue_id))
    prepared = prepare_issue(session, issue_id, press_of(here))
    looks = recall_looks(session, now, outside_urls(words, press_of(here)))
    check_before(session, now, words, kit_of(here, looks), readers=False)
    return prepared
