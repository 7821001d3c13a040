"""What the inbox does by the clock: what was put off comes back, and on Mondays the authors hear what readers said."""

import logging
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.conversation.arranging import wake_snoozed
from app.conversation.weekly import tell_what_readers_said, week_to_tell
from app.foundation.errors import HandoffError
from app.signup.desk import Desk
from app.wiring import Runtime

log = logging.getLogger(__name__)


def wake_conversations(here: Runtime, now: datetime) -> None:
    """What was put off until now waits again."""
    with here.database.writing() as session:
        wake_snoozed(session, now)


def tell_of_readers(here: Runtime, now: datetime) -> None:
    """The weekly mail, when it is due; one that cannot be written is tried again at the next tick."""
    with here.database.reading() as session:
        week = week_to_tell(session, now)
    if week is None:
        return
    desk = Desk(here.signer, here.links, here.address_key, here.settings.emails_dir)
    try:
        with here.database.writing() as session:
            tell_what_readers_said(session, now, desk, week)
    except SQLAlchemyError:
        raise
    except HandoffError as error:
        log.error("the weekly mail about the inbox waits: %s", error)
