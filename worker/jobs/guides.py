"""Offering a new edition of a guide: a few hundred readers a transaction, until nobody is left."""

from app.signup.offering import continue_offer
from app.wiring import desk_of
from worker.state import runtime


def offer(slug: str) -> None:
    """Go on with the offer of this guide's newest edition; rung again at will."""
    here = runtime()
    more = True
    while more:
        with here.database.writing() as session:
            more = continue_offer(session, here.clock(), desk_of(here), slug)
