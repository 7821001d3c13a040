"""What the clock does for the Sunday links: rings for pages and feeds that are due, and tells when six are missing."""

from datetime import datetime

from app.foundation.jobs import DEFAULT, Ring
from app.issues.clipping import due_clip_ids
from app.issues.following import due_feed_ids
from app.issues.reminders import remind
from app.wiring import Runtime, press_of


def ring_for_clips(here: Runtime, now: datetime) -> None:
    """Pages to look at and feeds to poll; whoever takes a ring claims the work in SQL, so rings may double."""
    with here.database.reading() as session:
        clips, feeds = due_clip_ids(session, now), due_feed_ids(session, now)
    for clip_id in clips:
        here.doorbell.ring(Ring("clipping.read_clip", (clip_id,), DEFAULT))
    for feed_id in feeds:
        here.doorbell.ring(Ring("clipping.poll_feed", (feed_id,), DEFAULT))


def remind_of_links(here: Runtime, now: datetime) -> None:
    """Two days and one day before a slot of the links that has no digest, and once more when it has come."""
    with here.database.writing() as session:
        remind(session, now, press_of(here))
