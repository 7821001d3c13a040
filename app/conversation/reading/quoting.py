"""What of a plain body is the writer's own and what is quoted, line by line, in one pass.

Two ways of quoting meet here. Marked quotes (`>`) are taken out wherever they stand, so answers below and between
them stay. An unmarked old mail (Outlook, Exchange, Notes, most phones) hides everything below its first line.
"""

import re
from dataclasses import dataclass, field

from app.conversation.reading.attribution import attribution, may_begin, other_mark
from app.conversation.reading.labels import header_label
from app.conversation.reading.lines import Lines, next_said
from app.conversation.reading.separators import announces, is_ruler, old_mail_below

_MARKS = (">", "＞", "&gt;")
_FACE = re.compile(r">[:;=xX._<-]['^-]?[()<>DPO_/\\|3]|>[_.]<|>>> ")
_AMOUNT = re.compile(r">\s?[\d$€£¥=~]|>=")
_MARKED_STARTS = "-_=*~#+‐‑–—―─━[<"
# A mail made of nothing but bait stops being examined here.
_MOST_GLANCES = 4000
_MOST_LOOKS = 400


@dataclass
class Reading:
    """The writer's own lines in pieces (a new piece wherever a quote interrupts), and what was left out."""

    pieces: list[list[str]] = field(default_factory=lambda: [[]])
    quoted: bool = False
    forwarded: bool = False

    def break_here(self) -> None:
        self.quoted = True
        if self.pieces[-1]:
            self.pieces.append([])


def read_quotes(lines: Lines) -> Reading:
    own, clean = lines.own, lines.clean
    reading = Reading()
    marked = _has_marked_quotes(clean)
    search = _Search(clean)
    at = 0
    while at < len(clean):
        line = clean[at]
        if not line:
            reading.pieces[-1].append("")
            at += 1
            continue
        if line.startswith(_MARKS) and (marked or not _ordinary(line)):
            reading.break_here()
            at = _past_quote(clean, at)
            continue
        below = search.boundary(at)
        if below is not None:
            kind, body = below
            reading.forwarded |= kind == "forwarded"
            _drop_ruler(reading.pieces[-1])
            reading.break_here()
            following = next_said(clean, body, 400)
            mark = other_mark(clean[following]) if following < len(clean) else None
            if kind == "above" or mark is None:
                break
            at = following if mark in _MARKS else _past_other_marks(clean, following, mark)
            continue
        reading.pieces[-1].append(own[at])
        at += 1
    return reading


def _has_marked_quotes(clean: list[str]) -> bool:
    """More than a lone `>` line that may be an arrow, a face or "> 50 %"."""
    seen = 0
    for line in clean:
        if line.startswith(_MARKS) and not _ordinary(line):
            return True
        seen += line.startswith(_MARKS)
        if seen > 2:
            return True
    return False


def _ordinary(line: str) -> bool:
    return _FACE.match(line) is not None or _AMOUNT.match(line) is not None


class _Search:
    """Looks for the line where the old mail begins, within a budget that real mails stay far below."""

    def __init__(self, clean: list[str]) -> None:
        self.clean = clean
        self.glances = 0
        self.looks = 0

    def boundary(self, at: int) -> tuple[str, int] | None:
        """What begins at this line, and where its body does."""
        line = self.clean[at]
        if self.glances > _MOST_GLANCES or self.looks > _MOST_LOOKS or not self._stands_out(at):
            return None
        self.glances += 1
        if line[0] in _MARKED_STARTS or header_label(line) or announces(line):
            self.looks += 1
            below = old_mail_below(self.clean, at)
            if below is not None:
                return below
        if may_begin(self.clean, at):
            self.looks += 1
            end = attribution(self.clean, at)
            return ("attribution", end) if end is not None else None
        return None

    def _stands_out(self, at: int) -> bool:
        line = self.clean[at]
        if line[0] in _MARKED_STARTS or line[-1] in ":：>" or "@" in line or ":" in line or "：" in line:
            return True
        if announces(line):
            return True
        return any(following and following[-1] in ":：>" for following in self.clean[at + 1 : at + 4])


def _past_quote(clean: list[str], at: int) -> int:
    """Past the marked lines, and past a tail that somebody's mailer broke off a long marked line."""
    while at < len(clean):
        line = clean[at]
        if line.startswith(_MARKS):
            at += 1
            continue
        broken_off = (
            line
            and len(clean[at - 1]) >= 65
            and at + 1 < len(clean)
            and clean[at + 1].startswith(_MARKS)
            and not line[0].isupper()
            and clean[at - 1][-1] not in ".?!:"
            and len(line) <= 40
        )
        if not broken_off:
            return at
        at += 1
    return at


def _past_other_marks(clean: list[str], at: int, mark: str) -> int:
    while at < len(clean) and (not clean[at] or clean[at].startswith(mark)):
        at += 1
    return at


def _drop_ruler(piece: list[str]) -> None:
    """A ruler or an empty line right above the old mail belongs to the old mail."""
    while piece and (not piece[-1] or is_ruler(piece[-1].strip())):
        piece.pop()
