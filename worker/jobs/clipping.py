"""Looking at what was clipped and at the feeds that are followed; other people's servers are asked between two
transactions, never within one."""

from functools import partial

from app.issues.clip_models import ReadState
from app.issues.clipping import claim_reading, record_reading
from app.issues.following import claim_poll, poll, record_poll
from app.issues.reading import look_again, read_article
from worker.state import runtime


def read_clip(clip_id: int) -> None:
    """Read a clipped page, or see whether one that was read is still there; rung again at will."""
    here = runtime()
    now = here.clock()
    with here.database.writing() as session:
        clip = claim_reading(session, now, clip_id)
        if clip is None:
            return
        url, known = clip.url, clip.read_state is ReadState.READ
    read = partial(read_article, here.fetcher, here.storage, today=now.date())
    found = look_again(here.fetcher, url) if known else read(url)
    with here.database.writing() as session:
        record_reading(session, here.clock(), clip_id, found)


def poll_feed(feed_id: int) -> None:
    """Look at a feed; its new items lie in the tray afterwards."""
    here = runtime()
    now = here.clock()
    with here.database.writing() as session:
        feed = claim_poll(session, now, feed_id)
        if feed is None:
            return
        url, etag, last_modified = feed.url, feed.etag, feed.last_modified
    found = poll(here.fetcher, now, url, etag=etag, last_modified=last_modified)
    with here.database.writing() as session:
        record_poll(session, here.clock(), feed_id, found)
