"""Loads a guide's folder into one frozen value, complete and checked, or says what is wrong and where.

Everything that shows a guide (the PDF, the web edition, the landing page, the map) reads this value and nothing
else, so a source that does not load changes nothing that readers see.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.guides.anatomy import (
    CHAPTER_KINDS,
    PLACED_PARTS,
    AnyMatter,
    BusinessFunction,
    FollowUpMatter,
    FunctionMatter,
    GuideMatter,
    HandoffMap,
    HandoffPair,
    ProseMatter,
    SeamsMatter,
)
from app.guides.frontmatter import GuideError, Source, line_numbers, parse_toml, read_text, split, validate
from app.guides.prose import Node, ProseSource, read_prose

GUIDE_FILE = "guide.toml"
MAP_FILE = "map.toml"
FOLLOWUPS_FOLDER = "followups"


@dataclass(frozen=True)
class Chapter:
    """One Markdown file: its checked front matter and its prose as a tree."""

    slug: str
    number: int
    matter: AnyMatter
    body: tuple[Node, ...]
    markdown: str

    @property
    def title(self) -> str:
        """As the front matter gives it."""
        return self.matter.title

    @property
    def function(self) -> BusinessFunction | None:
        """The function a chapter is about, if it is about one."""
        return self.matter.function if isinstance(self.matter, FunctionMatter) else None


@dataclass(frozen=True)
class FollowUp:
    """A mail that may follow the guide: its conditions and its Markdown."""

    slug: str
    matter: FollowUpMatter
    markdown: str


@dataclass(frozen=True)
class GuideContent:
    """A whole guide as its folder has it."""

    folder: Path
    matter: GuideMatter
    chapters: tuple[Chapter, ...]
    pairs: tuple[HandoffPair, ...]
    followups: tuple[FollowUp, ...]
    source_sha256: str

    @property
    def slug(self) -> str:
        """The name in addresses."""
        return self.matter.slug

    @property
    def title(self) -> str:
        """The name on the cover."""
        return self.matter.title

    @property
    def published(self) -> datetime:
        """The edition's date, the only clock a build reads: same sources, same bytes."""
        day = self.matter.published
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    @property
    def function_chapters(self) -> tuple[tuple[Chapter, FunctionMatter], ...]:
        """The chapters about one function, with the front matter the function map is drawn from."""
        return tuple((c, c.matter) for c in self.chapters if isinstance(c.matter, FunctionMatter))

    def chapter(self, slug: str) -> Chapter | None:
        """The chapter of that name."""
        return next((chapter for chapter in self.chapters if chapter.slug == slug), None)

    def pair(self, one: BusinessFunction, other: BusinessFunction) -> HandoffPair | None:
        """What is known of the handoff between two functions."""
        return next((pair for pair in self.pairs if pair.key == frozenset({one, other})), None)

    def chapters_for(self, function: str | None) -> tuple[Chapter, ...]:
        """The chapters with the reader's own function first among the functions; others leave the order alone."""
        own = next((chapter for chapter in self.chapters if function and chapter.function == function), None)
        if own is None:
            return self.chapters
        first = next(i for i, chapter in enumerate(self.chapters) if chapter.function is not None)
        rest = [chapter for chapter in self.chapters if chapter is not own]
        return (*rest[:first], own, *rest[first:])


def load_guide(folder: Path) -> GuideContent:
    """Everything in a guide's folder. Raises GuideError naming file, line and field of what is wrong."""
    matter = _guide_matter(folder)
    chapters = tuple(_chapter(folder, slug, number) for number, slug in enumerate(matter.chapters, start=1))
    pairs = _pairs(folder)
    _agree(folder, matter, chapters, pairs)
    return GuideContent(folder, matter, chapters, pairs, tuple(_followups(folder)), _sha256(folder))


def _named(folder: Path, name: str) -> str:
    return f"guides/{folder.name}/{name}"


def _guide_matter(folder: Path) -> GuideMatter:
    file = _named(folder, GUIDE_FILE)
    source = Source(file, read_text(folder / GUIDE_FILE, file))
    matter = validate(GuideMatter, parse_toml(source), source)
    lines = line_numbers(source)
    if matter.slug != folder.name:
        message = (
            f"the field “slug” is “{matter.slug}”, but the folder is “{folder.name}”: they must be the same"
        )
        raise GuideError(file, lines[("slug",)], message, field="slug")
    sample = matter.landing.sample
    if sample is not None and sample not in matter.chapters:
        message = f"the field “landing.sample” names “{sample}”, which is not among the chapters"
        raise GuideError(file, lines[("landing", "sample")], message, field="landing.sample")
    for slug in matter.chapters:
        if not (folder / f"{slug}.md").is_file():
            message = f"the field “chapters” names “{slug}”, but there is no {slug}.md beside it"
            raise GuideError(file, lines[("chapters",)], message, field="chapters")
    return matter


def _chapter(folder: Path, slug: str, number: int) -> Chapter:
    file = _named(folder, f"{slug}.md")
    source = split(read_text(folder / f"{slug}.md", file), file)
    data = parse_toml(source.front)
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in CHAPTER_KINDS:
        at = line_numbers(source.front).get(("kind",), source.front.first_line)
        message = f"the field “kind” must be one of {', '.join(CHAPTER_KINDS)}"
        raise GuideError(file, at, message, field="kind")
    matter = validate(CHAPTER_KINDS[kind], data, source.front)
    parts = PLACED_PARTS[kind]
    if isinstance(matter, ProseMatter):
        parts = (*(["flow"] if matter.flow else []), *(["index"] if matter.index else []))
    body = read_prose(ProseSource(file, source.body, source.body_line, folder), parts)
    return Chapter(slug, number, matter, tuple(body), source.body)


def _pairs(folder: Path) -> tuple[HandoffPair, ...]:
    if not (folder / MAP_FILE).exists():
        return ()
    file = _named(folder, MAP_FILE)
    source = Source(file, read_text(folder / MAP_FILE, file))
    return validate(HandoffMap, parse_toml(source), source).pairs


def _followups(folder: Path) -> Iterator[FollowUp]:
    for path in sorted((folder / FOLLOWUPS_FOLDER).glob("*.md")):
        file = _named(folder, f"{FOLLOWUPS_FOLDER}/{path.name}")
        source = split(read_text(path, file), file)
        matter = validate(FollowUpMatter, parse_toml(source.front), source.front)
        yield FollowUp(path.stem, matter, source.body.strip() + "\n")


def _agree(
    folder: Path, matter: GuideMatter, chapters: tuple[Chapter, ...], pairs: tuple[HandoffPair, ...]
) -> None:
    """What no single file can know: names used twice, a chapter that shows data which is not there."""
    file = _named(folder, GUIDE_FILE)
    if len(set(matter.chapters)) != len(matter.chapters):
        raise GuideError(file, 1, "the field “chapters” names a chapter twice", field="chapters")
    functions = [chapter.function for chapter in chapters if chapter.function is not None]
    if len(set(functions)) != len(functions):
        raise GuideError(file, 1, "two chapters are about the same function", field="chapters")
    for chapter in chapters:
        if isinstance(chapter.matter, SeamsMatter) and not pairs:
            message = f"shows the handoffs between functions, but there is no {MAP_FILE}"
            raise GuideError(_named(folder, f"{chapter.slug}.md"), 1, message)


def _sha256(folder: Path) -> str:
    """One hash over every file of the folder: what a build was made from."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def word_count(content: GuideContent) -> int:
    """The words a reader can read: prose, anatomy and the handoff map."""
    return len(re.findall(r"\b[\w’'-]+\b", " ".join(all_text(content))))


def all_text(content: GuideContent) -> Iterator[str]:
    """Every string of prose in the guide, paragraph by paragraph, as the source writes it."""
    for chapter in content.chapters:
        yield from (part for part in chapter.markdown.split("\n\n") if part.strip())
        yield from _strings(chapter.matter.model_dump(mode="json", exclude={"kind", "function"}))
    for pair in content.pairs:
        yield from (pair.breaks, pair.ask, pair.phrase)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
