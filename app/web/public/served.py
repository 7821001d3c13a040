"""The guide as it is being served: the newest edition's row and the content that was published with it."""

import logging
from dataclasses import dataclass
from typing import Protocol

from flask import current_app

from app.foundation.errors import HandoffError
from app.foundation.storage import Storage
from app.guides.content import GuideContent
from app.guides.models import GuideFile
from app.guides.publishing import published_content
from app.guides.queries import get_newest_file
from app.web.state import reader

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


class Contents:
    """What was published with each edition, read from storage once; it never changes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kept: dict[str, GuideContent] = {}

    def of(self, file: AnEdition) -> GuideContent:
        """Raises Unavailable when the guide has to be built again."""
        content = self._kept.get(file.source_sha256)
        if content is None:
            content = published_content(self._storage, file.slug, file.source_sha256)
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[file.source_sha256] = content
        return content

    def or_nothing(self, file: AnEdition) -> GuideContent | None:
        """For answers that can go without: an edition that has to be built again is still handed out."""
        try:
            return self.of(file)
        except HandoffError as error:
            log.warning("the page of guide %s goes without its texts: %s", file.slug, error)
            return None


def served(slug: str) -> Served:
    """The guide of that name. Raises NotFound while there is none, Unavailable when it has to be built again."""
    file = get_newest_file(reader(), slug)
    return Served(file, _contents().of(file))


def content_or_nothing(file: AnEdition) -> GuideContent | None:
    """As `Contents.or_nothing`, of this application."""
    return _contents().or_nothing(file)


def _contents() -> Contents:
    found: Contents = current_app.extensions["handoff_contents"]
    return found
