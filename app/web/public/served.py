"""The guide as it is being served: the newest edition's row and the content that was published with it."""

import logging
from dataclasses import dataclass
from typing import Protocol

from flask import current_app

from app.foundation.errors import HandoffError
from app.guides.content import GuideContent
from app.guides.models import GuideFile
from app.guides.publishing import published_content
from app.guides.queries import get_newest_file
from app.web.state import reader, runtime

log = logging.getLogger(__name__)

MOST_KEPT = 16


class AnEdition(Protocol):
    """Whatever names a published content."""

    @property
    def slug(self) -> str: ...

    @property
    def source_sha256(self) -> str: ...


@dataclass(frozen=True)
class Served:
    """One guide on the web."""

    file: GuideFile
    content: GuideContent


def served(slug: str) -> Served:
    """The guide of that name. Raises NotFound while there is none, Unavailable when it has to be built again."""
    file = get_newest_file(reader(), slug)
    return Served(file, _content(file))


def content_or_nothing(file: AnEdition) -> GuideContent | None:
    """For pages that can go without: an edition that has to be built again is still handed out."""
    try:
        return _content(file)
    except HandoffError as error:
        log.warning("the page of guide %s goes without its texts: %s", file.slug, error)
        return None


def _content(file: AnEdition) -> GuideContent:
    kept: dict[str, GuideContent] = current_app.extensions.setdefault("handoff_guides", {})
    content = kept.get(file.source_sha256)
    if content is None:
        content = published_content(runtime().storage, file.slug, file.source_sha256)
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[file.source_sha256] = content
    return content
