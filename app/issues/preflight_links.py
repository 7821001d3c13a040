"""Whether the links of an issue lead anywhere: asked side by side, remembered for some hours, never waited for long.

Sending never waits for the network. The answers are fetched while the author looks, and again in the hour before the
slot; what was not answered is a warning, because our own line may be the one that is down.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.foundation.db import Database
from app.foundation.errors import InvalidInput
from app.issues.fetching import Fetcher, LinkCheck
from app.issues.findings import Check, Finding, error, warning
from app.issues.models import LinkLook
from app.issues.preflight_words import Address
from app.issues.targets import read_target

FRESH: Final = timedelta(hours=6)
KEPT: Final = timedelta(days=2)
PATIENCE: Final = 8.0
MOST: Final = 200
_GONE: Final = {404, 410}

Looks = Mapping[str, LinkCheck]


def recall_looks(session: Session, now: datetime, urls: Iterable[str], *, within: timedelta = KEPT) -> Looks:
    """What was answered not long ago."""
    keys = {_key(url): url for url in urls}
    rows = session.scalars(select(LinkLook).where(LinkLook.key.in_(keys), LinkLook.looked_at >= now - within))
    return {keys[row.key]: LinkCheck(row.status, row.final_url, row.problem) for row in rows}


def look(fetcher: Fetcher, urls: Iterable[str], *, seconds: float = PATIENCE) -> Looks:
    """Ask all of them at once and take what is answered in time; outside of any transaction."""
    wanted = list(dict.fromkeys(urls))[:MOST]
    if not wanted:
        return {}
    pool = ThreadPoolExecutor(max_workers=min(8, len(wanted)), thread_name_prefix="links")
    asked = {pool.submit(fetcher.check_link, url): url for url in wanted}
    done, _ = wait(asked, timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    return {asked[each]: each.result() for each in done if each.exception() is None}


def ask(
    database: Database,
    fetcher: Fetcher,
    now: datetime,
    urls: Iterable[str],
    *,
    within: timedelta = FRESH,
    seconds: float = PATIENCE,
) -> Looks:
    """What these addresses answer, asking only those not asked lately; its transactions are short and its own."""
    wanted = list(dict.fromkeys(urls))
    with database.reading() as session:
        known = recall_looks(session, now, wanted, within=within)
    fresh = look(fetcher, [url for url in wanted if url not in known], seconds=seconds)
    if fresh:
        with database.writing() as session:
            keep_looks(session, now, fresh)
    return {**known, **fresh}


def keep_looks(session: Session, now: datetime, looks: Looks) -> None:
    """Remember the answers, and forget those of days ago."""
    session.execute(delete(LinkLook).where(LinkLook.looked_at < now - KEPT))
    for url, answer in looks.items():
        row = LinkLook(
            key=_key(url),
            url=url[:2000],
            status=answer.status,
            final_url=answer.final_url[:2000],
            problem=answer.problem[:500],
            looked_at=now,
        )
        session.merge(row)
    session.flush()


def check_links(addresses: Iterable[tuple[Address, str]], looks: Looks) -> Iterator[Finding]:
    """Findings on each address and where it leads (`url`), from what was answered."""
    unseen = 0
    for address, url in addresses:
        answer = looks.get(url)
        if answer is None:
            unseen += 1
            continue
        what = "picture" if address.image else "link"
        if answer.status in _GONE:
            yield error(
                Check.LINK_DEAD,
                f"This {what} is dead: {url[:120]} answers {answer.status}.",
                "Mend its address, or take it out.",
                line=address.line,
            )
        elif answer.problem:
            yield warning(
                Check.LINK_UNSEEN,
                f"{url[:120]}: {answer.problem}",
                "Open it yourself before this goes out.",
                line=address.line,
            )
        elif _moved(url, answer.final_url):
            yield warning(
                Check.LINK_MOVED,
                f"{url[:120]} sends readers on to {answer.final_url[:120]}.",
                "Link to that address if it is the right one.",
                line=address.line,
            )
    if unseen:
        yield warning(
            Check.LINK_UNSEEN,
            f"{unseen} address{'' if unseen == 1 else 'es'} could not be looked at yet.",
            "Check again in a moment; nothing waits for it.",
        )


def _moved(url: str, final_url: str) -> bool:
    """Did it lead to another page? A slash, `www.` or the step from http to https is not worth a word."""
    try:
        return _bare(read_target(url).url) != _bare(final_url)
    except InvalidInput:
        return False


def _bare(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.").rstrip("/").casefold()


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
