"""Builds a guide: its content and our one template in, a tagged PDF and a cover picture out.

Nothing is written here. A caller that stores the result replaces what is being served only after a build has
succeeded, so a broken source never takes a guide away from its readers.
"""

import hashlib
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.foundation.errors import InvalidInput
from app.guides.anatomy import AnyMatter
from app.guides.content import Chapter, GuideContent
from app.guides.prose import Node, inline
from app.rendering.pdf import TypstSource, compile_pdf, compile_png, count_pages

TEMPLATE_FOLDER = Path(__file__).parent / "typst"
# Read in this order as one source, because typst resolves imports against the guide's folder, where images are.
TEMPLATE_PARTS = ("design.typ", "prose.typ", "anatomy.typ", "diagrams.typ", "guide.typ")
PAGE_WIDTH_INCHES = 8.5
LARGEST_PDF = 3_000_000


@dataclass(frozen=True)
class BuiltGuide:
    """A finished PDF and what is worth telling about it."""

    pdf: bytes
    pages: int
    sha256: str
    seconds: float


def build_pdf(content: GuideContent) -> BuiltGuide:
    """The whole guide as PDF/UA-1. Raises ContentError when it cannot be set or is too large to mail a link to."""
    started = time.perf_counter()
    pdf = compile_pdf(_source(content, cover_only=False), content.published)
    if len(pdf) > LARGEST_PDF:
        size = f"{len(pdf) / 1e6:.1f} MB"
        raise InvalidInput(
            f"the PDF of “{content.slug}” is {size}; the limit is {LARGEST_PDF / 1e6:.0f} MB",
            hint="Make its pictures smaller.",
        )
    seconds = time.perf_counter() - started
    return BuiltGuide(pdf, count_pages(pdf), hashlib.sha256(pdf).hexdigest(), seconds)


def render_cover(content: GuideContent, width_px: int) -> bytes:
    """Page one as a PNG of that width (16 to 4,000 pixels), for landing page and mail."""
    if not 16 <= width_px <= 4000:
        raise InvalidInput("a cover is 16 to 4,000 pixels wide", field="width_px")
    return compile_png(_source(content, cover_only=True), width_px / PAGE_WIDTH_INCHES)


def _source(content: GuideContent, *, cover_only: bool) -> TypstSource:
    return TypstSource(_template(), {**template_data(content), "cover_only": cover_only}, content.folder)


@cache
def _template() -> str:
    return "\n".join((TEMPLATE_FOLDER / part).read_text(encoding="utf-8") for part in TEMPLATE_PARTS)


def template_data(content: GuideContent) -> dict[str, object]:
    """All that the template reads, as JSON values; every string of prose is already a list of inline nodes."""
    matter = content.matter
    return {
        "title": matter.title,
        "shown_title": inline(matter.title),
        "subtitle": inline(matter.subtitle),
        "description": matter.subtitle,
        "author": matter.author,
        "edition": matter.edition,
        "year": str(matter.published.year),
        "language": matter.languages[0],
        "accent": matter.accent,
        "layout": matter.layout.value,
        "imprint": inline(matter.imprint),
        "chapters": [_chapter(chapter) for chapter in content.chapters],
        "pairs": marked_pairs(content),
    }


def marked_pairs(content: GuideContent) -> list[dict[str, object]]:
    """The handoff map with its prose as inline nodes."""
    return [
        {
            "between": [function.value for function in pair.between],
            "title": pair.title,
            "breaks": inline(pair.breaks),
            "ask": inline(pair.ask),
            "phrase": inline(pair.phrase),
        }
        for pair in content.pairs
    ]


def _chapter(chapter: Chapter) -> dict[str, object]:
    return {
        "slug": chapter.slug,
        "number": chapter.number,
        "kind": chapter.matter.kind,
        "title": chapter.matter.title,
        "function": chapter.function.value if chapter.function else None,
        "body": list(chapter.body),
        "matter": marked(chapter.matter),
    }


def marked(matter: AnyMatter) -> dict[str, object]:
    """Front matter with its strings of prose as inline nodes; names and numbers stay as they are."""
    data = matter.model_dump(mode="json", exclude={"kind", "function", "title"})
    return {key: _marked(value) for key, value in data.items()}


def _marked(value: object) -> object:
    if isinstance(value, str):
        nodes: list[Node] = inline(value)
        return nodes
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    return value
