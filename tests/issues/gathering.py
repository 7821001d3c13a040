"""A site with articles and feeds, and what the tests of the Sunday links do again and again."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from PIL import Image
from sqlalchemy.orm import Session

from app.issues.clip_models import Clip, ClipOrigin, ClipState
from app.issues.clipping import Source, clip
from app.issues.fetching import Limits, SafeFetcher
from app.wiring import Runtime
from tests.fixtures.web import Site
from worker.gathering import ring_for_clips
from worker.jobs.clipping import poll_feed, read_clip
from worker.state import using_runtime

WORDS = "A promise changes owner more often than anybody draws on a chart. " * 60
BY_PASTE = Source(ClipOrigin.PASTE)


@dataclass(frozen=True)
class Reached:
    """A Runtime whose fetcher reaches one site and nothing else."""

    runtime: Runtime
    site: Site

    def work(self) -> None:
        """Do what the clock would ring for now, until nothing is due."""
        for _ in range(5):
            before = len(self._rings())
            ring_for_clips(self.runtime, self.runtime.clock())
            rung = self._rings()[before:]
            if not rung:
                return
            with using_runtime(self.runtime):
                for ring in rung:
                    job = {"clipping.read_clip": read_clip, "clipping.poll_feed": poll_feed}[ring.job]
                    job(int(ring.arguments[0]))

    def _rings(self) -> list:  # type: ignore[type-arg]
        return self.runtime.doorbell.rings  # type: ignore[attr-defined,no-any-return]


def reaching(runtime: Runtime, site: Site) -> Reached:
    fetcher = SafeFetcher(site.place, "Handoff tests", limits=Limits(seconds=5))
    return Reached(replace(runtime, fetcher=fetcher), site)


def article(
    title: str,
    *,
    author: str = "Ann Lee",
    source: str = "The Ward Review",
    picture: str = "",
    canonical: str = "",
) -> str:
    """A page as careful sites write them."""
    head = f'<meta property="og:image" content="{picture}">' if picture else ""
    head += f'<link rel="canonical" href="{canonical}">' if canonical else ""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title} | {source}</title>'
        f'<meta property="og:title" content="{title}"><meta property="og:site_name" content="{source}">'
        f'<meta name="author" content="{author}"><meta property="article:published_time" content="2026-11-10">{head}'
        f"</head><body><article><h1>{title}</h1><p>{WORDS}</p></article></body></html>"
    )


def picture(width: int = 1200, height: int = 630, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (11, 93, 91)).save(out, kind)
    return out.getvalue()


def six_picks(
    session: Session, now: datetime, count: int = 6, *, why: str = "Because it pays."
) -> list[Clip]:
    """So many picks, read long ago, each with its line."""
    picks = []
    for number in range(1, count + 1):
        kept = clip(session, now, f"https://news.example/article-{number}", BY_PASTE).clip
        kept.title, kept.source, kept.byline, kept.minutes = f"Article {number}", "News", "Ann Lee", number
        kept.why, kept.state, kept.position, kept.due_at = why, ClipState.PICKED, number, None
        picks.append(kept)
    session.flush()
    return picks


def titles(clips: Iterable[Clip]) -> list[str]:
    return [each.title for each in clips]
