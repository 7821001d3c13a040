"""What is due today: issues whose slot has come go out, or are held with the reason. Run by the clock and by a ring."""

import logging
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.foundation.errors import HandoffError
from app.issues.publishing import (
    Published,
    finish_sent,
    hold_issue,
    lateness,
    prepare_issue,
    publish_prepared,
)
from app.issues.queries import any_sending, due_issue_ids
from app.wiring import Runtime, press_of

log = logging.getLogger(__name__)


def publish_due(here: Runtime, now: datetime) -> None:
    """Every due issue, each in transactions of its own; then whatever has come to its end is called sent."""
    with here.database.reading() as session:
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
            prepared = None if reason else prepare_issue(session, issue_id, press_of(here))
        if prepared is not None:
            with here.database.writing() as session:
                return publish_prepared(session, now, prepared)
    except SQLAlchemyError:
        raise
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
