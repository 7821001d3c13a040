"""Limits on what the author types, checked before any parser sees it.

The Markdown parser recurses on nesting and the MJML compiler takes the whole process down on it, so input that no
person writes by hand is turned away here, in one pass over the text.
"""

import re
from typing import Final

from app.foundation.errors import ContentError

MAX_BYTES: Final = 500_000
MAX_LINES: Final = 20_000
MAX_DEPTH: Final = 50

_MARKER: Final = re.compile(r"[ \t]*(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))")
_BRACKET: Final = re.compile(r"\\.|[\[\]]|\n[ \t]*\n", re.DOTALL)
_DELIMITERS: Final = re.compile(r"(\*+|_+|~+|`+)")
_RULE: Final = re.compile(r"[ \t>]*(?:(?:\*[ \t]*)+|(?:_[ \t]*)+|(?:-[ \t]*)+|(?:`[ \t]*)+|(?:~[ \t]*)+)$")


def check_bounds(text: str, *, field: str = "markdown") -> None:
    """Raises ContentError for text that is too large or nested too deep to parse safely."""
    check_size(text, field=field)
    if text.count("\n") >= MAX_LINES:
        raise ContentError(
            f"The text has more than {MAX_LINES:,} lines.",
            field=field,
            hint="Shorten it, or move a part to a page and link to it.",
        )
    for number, line in enumerate(text.split("\n"), start=1):
        if _line_depth(line) > MAX_DEPTH or _longest_run(line) > MAX_DEPTH:
            raise too_deep(number, field=field)
    _check_brackets(text, field=field)


def check_size(text: str, *, field: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise ContentError(
            f"The text is {size // 1000:,} kB; at most {MAX_BYTES // 1000} kB can be used.",
            field=field,
            hint="Shorten it, or move a part to a page and link to it.",
        )


def too_deep(line: int | None, *, field: str) -> ContentError:
    where = f"Line {line}" if line else "The text"
    return ContentError(
        f"{where} nests quotes, lists, emphasis or links more than {MAX_DEPTH} deep.",
        field=field,
        hint="Flatten it; nobody can read that far in.",
        line=line,
    )


def _line_depth(line: str) -> int:
    if _RULE.match(line):
        return 0  # a line of dashes or stars is a divider, not nested lists
    depth, at = 0, 0
    while depth <= MAX_DEPTH and (found := _MARKER.match(line, at)):
        depth, at = depth + 1, found.end()
    return depth


def _longest_run(line: str) -> int:
    if _RULE.match(line):
        return 0
    return max((len(run) for run in _DELIMITERS.findall(line)), default=0)


def _check_brackets(text: str, *, field: str) -> None:
    depth = 0
    for found in _BRACKET.finditer(text):
        piece = found.group(0)
        if piece == "[":
            depth += 1
        elif piece == "]":
            depth = max(0, depth - 1)
        elif piece[0] == "\n":
            depth = 0
        if depth > MAX_DEPTH:
            raise too_deep(text.count("\n", 0, found.start()) + 1, field=field)
