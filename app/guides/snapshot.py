"""A guide's content as it was when it was published, in one file.

What readers see must not change because somebody is editing the source, and not vanish because the source is broken:
landing page, web edition and map read the snapshot that was stored with the PDF, never the folder.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.foundation.errors import Unavailable
from app.guides.anatomy import CHAPTER_KINDS, FollowUpMatter, GuideMatter, HandoffPair
from app.guides.content import Chapter, FollowUp, GuideContent


def freeze_content(content: GuideContent) -> bytes:
    """Everything but the pictures; the same content gives the same bytes."""
    return json.dumps(
        {
            "matter": content.matter.model_dump(mode="json"),
            "chapters": [_chapter(chapter) for chapter in content.chapters],
            "pairs": [pair.model_dump(mode="json") for pair in content.pairs],
            "followups": [
                {
                    "slug": mail.slug,
                    "matter": mail.matter.model_dump(mode="json"),
                    "markdown": mail.markdown,
                }
                for mail in content.followups
            ],
            "source_sha256": content.source_sha256,
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()


def thaw_content(data: bytes) -> GuideContent:
    """The content again. Its folder is a name only: pictures lie in storage.

    Raises Unavailable for a snapshot that an older version wrote and this one cannot read.
    """
    try:
        kept: dict[str, Any] = json.loads(data)
        matter = GuideMatter.model_validate(kept["matter"])
        return GuideContent(
            folder=Path(matter.slug),
            matter=matter,
            chapters=tuple(_thawed_chapter(chapter) for chapter in kept["chapters"]),
            pairs=tuple(HandoffPair.model_validate(pair) for pair in kept["pairs"]),
            followups=tuple(
                FollowUp(mail["slug"], FollowUpMatter.model_validate(mail["matter"]), mail["markdown"])
                for mail in kept["followups"]
            ),
            source_sha256=kept["source_sha256"],
        )
    except (ValueError, KeyError, ValidationError) as problem:
        raise Unavailable(
            "This guide has to be built again before it can be shown.", hint="handoff guide build"
        ) from problem


def picture_names(content: GuideContent) -> frozenset[str]:
    """The pictures that chapters show, as the source names them."""
    return frozenset(name for chapter in content.chapters for name in chapter_pictures(chapter))


def chapter_pictures(chapter: Chapter) -> frozenset[str]:
    """The pictures of one chapter."""
    return frozenset(_pictures(list(chapter.body)))


def _pictures(value: object) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in _pictures(item)}
    if isinstance(value, dict):
        if value.get("t") == "image":
            return {str(value["src"])}
        return {name for item in value.values() for name in _pictures(item)}
    return set()


def _chapter(chapter: Chapter) -> dict[str, object]:
    return {
        "slug": chapter.slug,
        "number": chapter.number,
        "matter": chapter.matter.model_dump(mode="json"),
        "body": list(chapter.body),
        "markdown": chapter.markdown,
    }


def _thawed_chapter(kept: dict[str, Any]) -> Chapter:
    matter = CHAPTER_KINDS[kept["matter"]["kind"]].model_validate(kept["matter"])
    return Chapter(kept["slug"], kept["number"], matter, tuple(kept["body"]), kept["markdown"])
