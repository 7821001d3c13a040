"""Working on mail that came in; `process` is rung for every stored mail and may be rung again at will."""

import logging

from sqlalchemy.exc import OperationalError

from app.conversation.quarantine import begin_attempt, forgive_attempt, record_failure
from app.conversation.routing import process_inbound
from app.conversation.webhooks import find_hook
from app.foundation.errors import Unavailable
from app.signup.desk import Desk
from worker.state import runtime

log = logging.getLogger(__name__)


def process(inbound_id: int) -> None:
    """One attempt at one mail, counted before it is made."""
    here = runtime()
    with here.database.writing() as session:
        if not begin_attempt(session, inbound_id):
            return
    try:
        with here.database.writing() as session:
            process_inbound(
                session,
                here.clock(),
                inbound_id,
                storage=here.storage,
                signer=here.signer,
                hook=lambda name: find_hook(name, here.settings, here.fetcher, here.storage),
                desk=Desk(here.signer, here.links, here.address_key, here.settings.emails_dir),
            )
    except (OperationalError, Unavailable):
        with here.database.writing() as session:
            forgive_attempt(session, inbound_id)
        raise
    except Exception as error:
        log.exception("mail %s could not be worked on", inbound_id)
        with here.database.writing() as session:
            record_failure(session, inbound_id, f"{type(error).__name__}: {error}")
