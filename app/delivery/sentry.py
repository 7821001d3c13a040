"""The sentry at the door of sending: looks at the database and its witness together, and lets nobody pass in doubt.

Like sending itself it takes a database and not a session: the witness is told only what has been committed.
"""

import logging

from app.delivery.installation import (
    Standing,
    advance,
    examine,
    first_evidence,
    hold,
    settle_place,
    standing_of,
)
from app.delivery.witness import Witness
from app.foundation.clock import Clock
from app.foundation.db import Database

log = logging.getLogger(__name__)

LOOKS = 4
"""A doubt must still be there when everything is read again: another process may have been writing."""


class Sentry:
    """Asked before anything is sent, and at every tick."""

    def __init__(self, database: Database, clock: Clock, witness: Witness) -> None:
        self._database = database
        self._clock = clock
        self.witness = witness

    def look(self, *, at_least_ms: int = 0) -> Standing:
        """May we send? Moves the mark when we may, unless it moved within `at_least_ms`; holds everything when the
        database is not the one that the witness knows. Raises Unavailable when the witness cannot be asked."""
        standing = Standing.of_nobody()
        for number in range(LOOKS):
            seen = self.witness.read()
            place = self.witness.place
            with self._database.writing() as session:
                now = self._clock()
                reason = examine(session, now, seen, place)
                if reason and number == LOOKS - 1:
                    hold(session, now, reason)
                standing = standing_of(session)
                told = None
                if standing.may_send and not reason:
                    settle_place(session, place)
                    told = first_evidence(session) if seen is None else advance(session, at_least_ms)
            if not standing.may_send:
                if reason:
                    log.warning("nothing is sent: %s", reason)
                return standing
            if told is not None:
                self.witness.write(told)
            if seen is not None and not reason:
                return standing
        return standing
