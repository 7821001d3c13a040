"""What the clock does for the gate: offers that are under way go on, addresses that nobody confirmed are removed."""

import logging
from datetime import datetime, timedelta
from typing import Final

from app.foundation.errors import NotFound
from app.privacy.forget import delete_files, forget_unconfirmed
from app.publication.settings import get_publication, zone_of
from app.signup.offering import ring_for_offers
from app.wiring import Runtime

log = logging.getLogger(__name__)

TIDY_AT: Final = 23
"""The minute of each hour in which addresses are removed."""


def ring_for_offered(here: Runtime, now: datetime) -> None:  # noqa: ARG001
    """A new edition that is still to be offered to somebody."""
    with here.database.writing() as session:
        ring_for_offers(session)


def tidy_unconfirmed(here: Runtime, now: datetime) -> None:
    """Addresses typed into a form that nobody confirmed within HANDOFF_UNCONFIRMED_DAYS."""
    if now.minute != TIDY_AT:
        return
    older_than = timedelta(days=here.settings.unconfirmed_days)
    more = True
    while more:
        with here.database.writing() as session:
            try:
                zone = zone_of(get_publication(session))
            except NotFound:
                return
            gone = forget_unconfirmed(session, now, older_than, zone, here.signer)
        for each in gone:
            delete_files(here.storage, each)
        if gone:
            log.info("removed %s addresses that nobody confirmed", len(gone))
        more = bool(gone)
