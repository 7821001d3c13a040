"""Plain text to Markdown: where one line is one paragraph, its shape has to say what each line is.

Every rule reads form, never particular sentences: how long a line is, how it ends, how it is capitalised, what
stands before and after it. A line no rule claims stays a paragraph.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from app.issues.importing_lines import (
    Line,
    escape,
    is_call_to_action,
    is_furniture,
    is_list_item_by_shape,
    is_promotion,
    labelled,
    looks_like_heading,
    read_lines,
    strip_bullet,
    strip_number,
)
from app.rendering.answering import AnswerLane
from app.rendering.blocks import BLOCKS

_PS: Final = re.compile(r"^P\.?\s?(?:P\.?\s?)?S\b\.?\s*[:.–—-]*\s*", re.IGNORECASE)
_DOWNLOAD_IF: Final = re.compile(r"(?i)^(?:download|get|grab|take|read|use)\b[^.?!]{0,30}\bif\s*:$")
_SKIP_IF: Final = re.compile(
    r"(?i)^(?:skip|leave|ignore|pass on|don[’']t (?:download|get))\b[^.?!]{0,30}\bif\s*:$"
)
_REACH_OUT: Final = re.compile(
    r"(?i)\b(?:reach out|(?:get|stay) in touch|(?:write|talk) to me|say hello|contact me)\b"
)
_LEAVING: Final = re.compile(
    r"(?i)^(?:thank(?:s| you)\b|see you\b|until next\b|best\b|cheers\b|yours\b|follow\b|(?:www\.|https?://)\S+$)"
)
_QUESTION: Final = re.compile(r"^[“\"«].{10,240}\?[”\"»]$")
_TITLED_WORK: Final = re.compile(
    r"(?i)(\b(?:guide|checklist|workbook|playbook|report|template|e-?book|toolkit)s?:\s+)([^.:;?!\n]{8,90})(?=[.!]?$)"
)
_PS_MARKED: Final = re.compile(r"(?i)^\**P\.?\s?S\b\.?\s*[:.–—-]*\**\s*[:.–—-]*\s*")
_LONE_LINK: Final = re.compile(r"^\**\[([^\[\]]{3,60})\]\(<?[^\s()<>]+>?\)\**$")
_LANES: Final = {
    lane: re.compile(rf"(?m)^([-*] )\*\*([^*\[\]\n]*\b(?:{words})\b[^*\[\]\n]*)\*\*", re.IGNORECASE)
    for lane, words in {
        AnswerLane.FEEDBACK: "feedback|opinions?|suggestions?",
        AnswerLane.STUCK: "stuck|help",
        AnswerLane.HELLO: "hi|hello|hey",
    }.items()
}
_USUAL: Final = {name: BLOCKS[name].title.lower() for name in ("download-if", "skip-if")}
_STANZA_LINE: Final = 60


class Shape(Enum):
    """What a run of lines turned out to be."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BULLETS = "bullets"
    NUMBERS = "numbers"
    BLOCK = "block"
    RULE = "rule"


@dataclass(frozen=True)
class Piece:
    """A run of lines with its shape. `name` and `title` are for blocks; `lines` are finished Markdown."""

    shape: Shape
    lines: tuple[str, ...]
    name: str = ""
    title: str = ""
    plain: str = ""


@dataclass(frozen=True)
class Prose:
    """A letter's title and its Markdown, with what the author should know."""

    title: str
    markdown: str
    notes: tuple[str, ...]


@dataclass
class _Reader:
    """Walks over the lines and hands out pieces."""

    lines: Sequence[Line]
    guide_url: str
    linkedin_url: str | None
    notes: list[str] = field(default_factory=list)
    at: int = 0

    def pieces(self) -> list[Piece]:
        found: list[Piece] = []
        readers: tuple[Callable[[], Piece | None], ...] = (
            self._rule,
            self._postscript,
            self._choice,
            self._bullets,
            self._numbers,
            self._heading,
            self._button,
            self._question,
            self._list_after_colon,
        )
        while self.at < len(self.lines):
            piece = next((p for p in (reader() for reader in readers) if p is not None), None)
            found.append(piece or self._paragraph())
        return found

    def _now(self) -> Line:
        return self.lines[self.at]

    def _rule(self) -> Piece | None:
        if not self._now().divider:
            return None
        self.at += 1
        return Piece(Shape.RULE, ("---",))

    def _postscript(self) -> Piece | None:
        found = _PS.match(self._now().text)
        if not found or not self._now().text[found.end() :]:
            return None
        words = self._now().text[found.end() :]
        self.at += 1
        title = "" if found.group(0).strip().rstrip(":.–—- ").replace(".", "").upper() == "PS" else "PPS:"
        return Piece(Shape.BLOCK, (self._words(words),), "ps", title)

    def _choice(self) -> Piece | None:
        text = self._now().text
        name = "download-if" if _DOWNLOAD_IF.match(text) else "skip-if" if _SKIP_IF.match(text) else ""
        items = self._items_from(self.at + 1) if name else []
        if not items:
            return None
        title = "" if text.lower() == _USUAL[name] else text
        self.at += 1 + len(items)
        return Piece(Shape.BLOCK, tuple(f"- {self._words(item)}" for item in items), name, title)

    def _bullets(self) -> Piece | None:
        return self._marked_list(Shape.BULLETS, strip_bullet)

    def _numbers(self) -> Piece | None:
        return self._marked_list(Shape.NUMBERS, strip_number)

    def _marked_list(self, shape: Shape, strip: Callable[[str], str | None]) -> Piece | None:
        items: list[str] = []
        while self.at < len(self.lines) and (item := strip(self._now().text)) is not None:
            items.append(self._words(item))
            self.at += 1
        marks = (f"{n}." if shape is Shape.NUMBERS else "-" for n in range(1, len(items) + 1))
        return Piece(shape, tuple(f"{m} {i}" for m, i in zip(marks, items, strict=True))) if items else None

    def _heading(self) -> Piece | None:
        if not looks_like_heading(self.lines, self.at):
            return None
        text = self._now().text
        self.at += 1
        return Piece(Shape.HEADING, (self._words(text.rstrip("=-")),), plain=text)

    def _button(self) -> Piece | None:
        label = is_call_to_action(self._now().text)
        if label is None:
            return None
        self.at += 1
        if self.guide_url.startswith("{"):
            self.notes.append(
                f"The button “{label}” needs the address of the guide's page: replace {{guide_url}}."
            )
        return Piece(Shape.BLOCK, (f"[{escape(label)}]({self.guide_url})",), "button")

    def _question(self) -> Piece | None:
        before = self.lines[self.at - 1].text if self.at else ""
        if not (before.endswith(":") and _QUESTION.match(self._now().text)):
            return None
        text = self._now().text
        self.at += 1
        return Piece(Shape.BLOCK, (self._words(text),), "question")

    def _list_after_colon(self) -> Piece | None:
        if not self.at or not self.lines[self.at - 1].text.endswith(":"):
            return None
        items = self._items_from(self.at)
        if items:
            self.at += len(items)
            return Piece(Shape.BULLETS, tuple(f"- {self._words(item)}" for item in items))
        pairs: list[tuple[str, str]] = []
        while self.at + len(pairs) < len(self.lines) and (
            pair := labelled(self.lines[self.at + len(pairs)].text)
        ):
            pairs.append(pair)
        if len(pairs) < 2:
            return None
        self.at += len(pairs)
        return Piece(
            Shape.BULLETS, tuple(f"- **{escape(label)}** {self._words(rest)}" for label, rest in pairs)
        )

    def _items_from(self, start: int) -> list[str]:
        """The list that stands at `start` without any bullets: at least two lines, none of them a sentence."""
        items: list[str] = []
        for number, line in enumerate(self.lines[start:], start=start):
            bare = strip_bullet(line.text)
            if bare is None and not (
                is_list_item_by_shape(line.text) and not looks_like_heading(self.lines, number)
            ):
                break
            items.append(bare if bare is not None else line.text)
        return items if len(items) >= 2 else []

    def _paragraph(self) -> Piece:
        text = self._now().text
        self.at += 1
        return Piece(Shape.PARAGRAPH, (self._words(text),), plain=text)

    def _words(self, text: str) -> str:
        """One line as Markdown, with the links that can be told from the words."""
        words = _TITLED_WORK.sub(lambda m: f"{m[1]}\0{m[2]}\1", text)
        words = escape(words).replace("\0", "[").replace("\1", f"]({self.guide_url})")
        if self.linkedin_url and len(text) <= 60 and "linkedin" in text.lower() and "](" not in words:
            return f"[{words}]({self.linkedin_url})"
        if is_promotion(text) and "](" not in words:
            words = re.sub(
                r"(?i)\b(sign up|subscribe)\b(?! (?:to|for) \w+ (?:my|our))", r"[\1](/)", words, count=1
            )
        return re.sub(
            r"(?i)(?<!\[)\b((?:the )?latest (?:edition|issue|letter)s?)\b", r"[\1](/issues)", words, count=1
        )


def structure(text: str, *, guide_url: str, linkedin_url: str | None) -> Prose:
    """The letter in `text`, with headings, lists, blocks and calls to action found by their shape."""
    title, body = _take_title(read_lines(text))
    dropped = [line.text for line in body if is_furniture(line.text)]
    lines = [line for line in body if not is_furniture(line.text)]
    reader = _Reader(lines, guide_url, linkedin_url)
    pieces = _set_off_promotions(_wrap_reach_out(_stanzas(reader.pieces())))
    notes = list(reader.notes)
    if dropped:
        notes.append("Left out as page furniture: " + "; ".join(f"“{line[:60]}”" for line in dropped) + ".")
    notes += _open_links(pieces)
    return Prose(title, "\n\n".join(_write(piece) for piece in pieces), tuple(notes))


def dress(blocks: Sequence[str]) -> list[str]:
    """Blocks of Markdown that came from a page, with its choices, buttons and postscript made blocks of ours."""
    result: list[str] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        bare = re.sub(r"^#+ |\*\*", "", block).strip()
        name = "download-if" if _DOWNLOAD_IF.match(bare) else "skip-if" if _SKIP_IF.match(bare) else ""
        link = _LONE_LINK.match(block)
        postscript = _PS.match(bare)
        at += 1
        if name and at < len(blocks) and blocks[at].startswith("- "):
            title = "" if bare.lower() == _USUAL[name] else f" {bare}"
            result.append(f"::: {name}{title}\n{blocks[at]}\n:::")
            at += 1
        elif link and is_call_to_action(link.group(1)):
            result.append(f"::: button\n{block}\n:::")
        elif postscript and bare[postscript.end() :] and "\n\n" not in block:
            result.append(f"::: ps\n{re.sub(_PS_MARKED, '', block, count=1)}\n:::")
        else:
            result.append(block)
    return result


def _take_title(lines: Sequence[Line]) -> tuple[str, Sequence[Line]]:
    if not lines:
        return "", lines
    first = lines[0].text
    is_title = (
        len(first) <= 120 and first[-1] not in ".,;:…" and strip_bullet(first) is None and len(lines) > 1
    )
    return (first, lines[1:]) if is_title else ("", lines)


def _stanzas(pieces: Sequence[Piece]) -> list[Piece]:
    """Three or more short lines that begin with the same word belong together, as a verse; others stay apart."""
    result: list[Piece] = []
    at = 0
    while at < len(pieces):
        end = at + 1
        while end < len(pieces) and _opening(pieces[at]) and _opening(pieces[end]) == _opening(pieces[at]):
            end += 1
        if end - at < 3:
            result.append(pieces[at])
            at += 1
            continue
        verse = pieces[at:end]
        lines = "\\\n".join(piece.lines[0] for piece in verse)
        result.append(Piece(Shape.PARAGRAPH, (lines,), plain=" ".join(piece.plain for piece in verse)))
        at = end
    return result


def _opening(piece: Piece) -> str:
    """The first word of a short line; empty for anything that cannot stand in a verse."""
    short = piece.shape is Shape.PARAGRAPH and len(piece.plain) <= _STANZA_LINE
    return piece.plain.split()[0].lower() if short else ""


def _wrap_reach_out(pieces: Sequence[Piece]) -> list[Piece]:
    result: list[Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        if piece.shape is not Shape.HEADING or not _REACH_OUT.search(piece.plain):
            result.append(piece)
            continue
        inside: list[str] = []
        while at < len(pieces) and _belongs(pieces[at]):
            inside.append("\n".join(pieces[at].lines))
            at += 1
        inside = _with_lanes(inside)
        result.append(
            Piece(Shape.BLOCK, ("\n\n".join(inside),), "reach-out", piece.lines[0]) if inside else piece
        )
    return result


def _with_lanes(inside: Sequence[str]) -> list[str]:
    """The first point that asks for feedback, for what somebody is stuck on, for a hello, with the link for it."""
    text = "\n\n".join(inside)
    if "mailto:" in text:
        return [text]
    for lane, asks in _LANES.items():
        text = asks.sub(rf"\1**[\2](mailto:{lane.value})**", text, count=1)
    return [text]


def _belongs(piece: Piece) -> bool:
    if piece.shape is Shape.PARAGRAPH:
        return not _LEAVING.match(piece.plain) and not is_promotion(piece.plain)
    return piece.shape in {Shape.BULLETS, Shape.NUMBERS}


def _set_off_promotions(pieces: Sequence[Piece]) -> list[Piece]:
    """A divider before the closing lines that ask to share and subscribe, when nothing but such lines follows."""
    last_heading = max(
        (n for n, p in enumerate(pieces) if p.shape in {Shape.HEADING, Shape.BLOCK}), default=-1
    )
    for number, piece in enumerate(pieces):
        if (
            number > max(last_heading, 0)
            and is_promotion(piece.plain)
            and pieces[number - 1].shape is not Shape.RULE
        ):
            return [*pieces[:number], Piece(Shape.RULE, ("---",)), *pieces[number:]]
    return list(pieces)


def _open_links(pieces: Sequence[Piece]) -> list[str]:
    """Lines that clearly were links and came without an address."""
    return [
        f"“{piece.plain[:80]}” came without its address; add the link."
        for piece in pieces
        if piece.shape is Shape.PARAGRAPH
        and not re.search(r"\]\(|<https?:", piece.lines[0])
        and re.search(r"(?i)\bfollow (?:me|us)\b|\bclick here\b|\bread more\b", piece.plain)
    ]


def _write(piece: Piece) -> str:
    if piece.shape is Shape.HEADING:
        return f"## {piece.lines[0]}"
    if piece.shape is Shape.BLOCK:
        return f"::: {piece.name} {piece.title}".rstrip() + "\n" + "\n".join(piece.lines) + "\n:::"
    return "\n".join(piece.lines)
