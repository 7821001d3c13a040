"""Merge tags: `{first_name|there}` as an author types it, in Markdown and in one-line fields.

A tag we do not know must never reach readers as typed, so anything that looks like one is either a slot or an
error; braces that could not be meant as a tag are left alone, and `\\{` keeps a brace on purpose.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from app.foundation.errors import ContentError
from app.rendering.slots import AUTHOR_SLOTS, Slot, SlotRegistry, defuse

_TAG: Final = re.compile(r"\{([ \t]{0,20})([A-Za-z_][\w \t-]{0,60}?)[ \t]{0,20}(?:\}|\|([^{}|\n]*)(\}?))")
_DOUBLE: Final = re.compile(r"\{{2,4}[ \t]{0,20}([A-Za-z_]\w{0,60})[ \t]{0,20}(?:\|[^{}\n]{0,200})?\}{1,4}")
_UNCLOSED: Final = re.compile(r"\{[ \t]*(" + "|".join(sorted(AUTHOR_SLOTS)) + r")\b")
_WAY_OUT: Final = (
    "Use "
    + ", ".join(f"{{{name}}}" for name in sorted(AUTHOR_SLOTS))
    + (", with a fallback after a bar, as in {first_name|there}; write \\{ for a plain brace.")
)


@dataclass(frozen=True)
class MergeTag:
    """What stands at a brace: a slot, or the reason why it cannot be one. `end` is the offset just after it."""

    end: int
    slot: Slot | None = None
    problem: str = ""


def read_tag(text: str, at: int) -> MergeTag | None:
    """The merge tag that begins at `text[at] == "{"`; None for a brace that is just a brace."""
    if text.startswith("{{", at):
        return _read_double(text, at)
    found = _TAG.match(text, at)
    if found is None:
        unclosed = _UNCLOSED.match(text, at)
        return _problem(unclosed, "is not closed") if unclosed else None
    spaced, name, fallback, closed = found.groups()
    if name in AUTHOR_SLOTS and not (fallback is not None and not closed):
        return MergeTag(found.end(), Slot(name, (fallback or "").strip()))
    if name in AUTHOR_SLOTS:
        return _problem(found, "is not closed")
    near = difflib.get_close_matches(re.sub(r"[\s-]+", "_", name.lower()), AUTHOR_SLOTS, n=1, cutoff=0.75)
    if near:
        return _problem(found, f"is not one we know; did you mean {{{near[0]}}}?")
    if not spaced and re.fullmatch(r"\w+", name) and (fallback is None or closed):
        return _problem(found, "is not one we know")
    return None


def place_tags(text: str, registry: SlotRegistry, *, field: str) -> str:
    """A one-line field (subject, preheader, title) with its merge tags turned into markers."""
    return _place(text, field, lambda slot: registry.mark(slot.name, slot.fallback))


def fill_with_fallbacks(text: str, *, field: str) -> str:
    """A one-line field as somebody unknown sees it: every tag replaced by its fallback."""
    return _place(text, field, lambda slot: slot.fallback)


def problem_error(problem: str, *, field: str, line: int | None) -> ContentError:
    start = f"Line {line}: the" if line else "The"
    end = "" if problem.endswith("?") else "."
    return ContentError(f"{start} merge tag {problem}{end}", field=field, hint=_WAY_OUT, line=line)


def _place(text: str, field: str, put: Callable[[Slot], str]) -> str:
    return "".join(put(piece) if isinstance(piece, Slot) else defuse(piece) for piece in _pieces(text, field))


def _pieces(text: str, field: str) -> Iterator[str | Slot]:
    at = start = 0
    while (at := text.find("{", at)) != -1:
        if at and text[at - 1] == "\\":
            yield text[start : at - 1]
            start, at = at, at + 1
            continue
        tag = read_tag(text, at)
        if tag is None:
            at += 2 if text.startswith("{{", at) else 1
            continue
        if tag.slot is None:
            raise problem_error(tag.problem, field=field, line=None)
        yield text[start:at]
        yield tag.slot
        start = at = tag.end
    yield text[start:]


def _read_double(text: str, at: int) -> MergeTag | None:
    found = _DOUBLE.match(text, at)
    if found and found.group(1) in AUTHOR_SLOTS:
        return _problem(found, "has too many braces; one on each side is enough")
    return None


def _problem(found: re.Match[str], why: str) -> MergeTag:
    shown = found.group(0)
    return MergeTag(found.end(), problem=f"{shown if len(shown) <= 80 else shown[:80] + '…'} {why}")
