"""Reads TOML and says, for everything wrong with it, which file, which line, which field and what would be right.

A guide is written by hand in a text editor; “validation error” without a place costs its author an evening.
"""

import difflib
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.foundation.errors import ContentError
from app.guides.anatomy import Matter

FENCE = "+++"
_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=\s*(.*)$")
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")

M = TypeVar("M", bound=Matter)
Place = tuple[str | int, ...]


class GuideError(ContentError):
    """A guide's source is wrong; the message starts with file and line, as compilers write it."""

    def __init__(self, file: str, line: int, message: str, field: str | None = None) -> None:
        super().__init__(f"{file}:{line}: {message}", field=field, line=line)
        self.file = file

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Source:
    """A piece of TOML and where it stands, so that its line numbers are those of the file."""

    file: str
    text: str
    first_line: int = 1


@dataclass(frozen=True)
class ChapterSource:
    """A chapter's file, split at its fences."""

    front: Source
    body: str
    body_line: int


def read_text(path: Path, file: str) -> str:
    """The file as text. Raises GuideError when it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise GuideError(file, 1, f"cannot be read: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        line = path.read_bytes()[: problem.start].count(b"\n") + 1
        raise GuideError(file, line, "is not UTF-8 text; save it as UTF-8") from problem


def split(text: str, file: str) -> ChapterSource:
    """Front matter between two lines of +++, then Markdown."""
    lines = text.split("\n")
    if lines[0].strip() != FENCE:
        raise GuideError(file, 1, f"a chapter starts with a line of {FENCE} and its front matter in TOML")
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == FENCE:
            front = Source(file, "\n".join(lines[1:number]), first_line=2)
            return ChapterSource(front, "\n".join(lines[number + 1 :]), body_line=number + 2)
    raise GuideError(file, len(lines), f"the front matter is not closed with a line of {FENCE}")


def parse_toml(source: Source) -> dict[str, object]:
    """The TOML as data. Raises GuideError with the line of a syntax error."""
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as problem:
        said = str(problem)
        at = _AT_LINE.search(said)
        line = int(at.group(1)) if at else source.text.count("\n") + 1
        reason = _AT_LINE.sub("", said).removesuffix(" (at end of document)")
        raise GuideError(source.file, source.first_line + line - 1, f"is not TOML: {reason}") from problem


def validate(model: type[M], data: dict[str, object], source: Source) -> M:
    """The data as its model. Raises GuideError naming every field that is wrong, the first one's line in front."""
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        raise _explain(problem, source) from problem


def _explain(problem: ValidationError, source: Source) -> GuideError:
    lines = line_numbers(source)
    # A misspelt field is also a missing one: the misspelling is the better clue, so it goes first.
    errors = sorted(problem.errors(), key=lambda error: error["type"] != "extra_forbidden")
    found = [(_line(error["loc"], lines, source), _field(error["loc"]), _message(error)) for error in errors]
    line, field, message = found[0]
    rest = "".join(f"\n{source.file}:{at}: {said}" for at, _, said in found[1:])
    return GuideError(source.file, line, message + rest, field=field)


def _field(place: Place) -> str:
    text = ""
    for step in place:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def _message(error: ErrorDetails) -> str:
    field = _field(error["loc"])
    if error["type"] == "missing":
        return f"the field “{field}” is missing"
    if error["type"] == "extra_forbidden":
        name = str(error["loc"][-1])
        close = difflib.get_close_matches(name, _known_fields(Matter), n=1)
        hint = f"; did you mean “{close[0]}”?" if close else ""
        return f"the field “{field}” is not known{hint}"
    said = error["msg"].removeprefix("Value error, ")
    return f"the field “{field}” is wrong: {said}" if field else said


def _known_fields(model: type[BaseModel]) -> set[str]:
    names = set(model.model_fields)
    for child in model.__subclasses__():
        names |= _known_fields(child)
    return names


def _line(place: Place, lines: dict[Place, int], source: Source) -> int:
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return source.first_line


def line_numbers(source: Source) -> dict[Place, int]:
    """The line on which each table and key of the TOML stands. tomllib does not keep them."""
    lines: dict[Place, int] = {}
    counts: defaultdict[Place, int] = defaultdict(int)
    table: Place = ()
    inside_text = False
    for number, line in enumerate(source.text.split("\n"), start=source.first_line):
        was_inside = inside_text
        if line.count('"""') % 2 or line.count("'''") % 2:
            inside_text = not inside_text
        if was_inside:
            continue
        if header := _HEADER.match(line):
            table = _table(header.group(2).split("."), header.group(1) == "[[", counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key.group(1)), number)
    return lines


def _table(names: list[str], is_array: bool, counts: defaultdict[Place, int]) -> Place:
    """The place a table header opens; a name that is an array stands for its latest element."""
    place: Place = ()
    for name in names[:-1]:
        place = (*place, name)
        if counts[place]:
            place = (*place, counts[place] - 1)
    place = (*place, names[-1])
    if is_array:
        counts[place] += 1
        place = (*place, counts[place] - 1)
    return place
