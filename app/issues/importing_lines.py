"""The shape of a line of plain text: heading, list item, call to action, promotion, or page furniture."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_BULLET: Final = re.compile(r"^(?:[-–—•▪●◦‣·*+]|→|✓|✔)\s+(?=\S)")
_NUMBER: Final = re.compile(r"^\d{1,2}[.)]\s+(?=\S)")
_DIVIDER: Final = re.compile(r"^(?:[-=_*~–—]\s*){3,}$")
_SENTENCE_END: Final = re.compile(r"[.?!…:;,][)\]”’\"'»]*(?:\s*[^\w\s])*$")
_WORD: Final = re.compile(r"[^\W\d_][\w’'-]*")
_MINOR: Final = frozenset(
    (
        *(
            "a",
            "an",
            "and",
            "as",
            "at",
            "but",
            "by",
            "for",
            "from",
            "if",
            "in",
            "into",
            "is",
            "it",
            "nor",
            "of",
            "off",
        ),
        *(
            "on",
            "or",
            "out",
            "over",
            "per",
            "so",
            "than",
            "that",
            "the",
            "to",
            "up",
            "via",
            "vs",
            "with",
            "yet",
        ),
    )
)
_CALL: Final = re.compile(
    r"(?i)^(?:(?:otherwise|so|then|ready|if so|go on|now)[,:?!]?\s+)?"
    r"(?P<label>(?:get|download|grab|claim|read|send me|take)\s+"
    r"(?:your\s+|the\s+|this\s+|my\s+)?(?:[\w’'-]+\s+){0,2}"
    r"(?:copy|guide|checklist|workbook|e-?book|playbook|report|template|toolkit)\b[^.?!:,;]{0,30})\s*[.!→»]*$"
)
_POINTER: Final = re.compile(r"^[👉✉📩📬🔔➡📧💌📣🔗👇📥]")
_PROMOTION: Final = re.compile(
    r"(?i)\b(?:(?:forward|share)(?:ing)? (?:it|this)|sharing it|sign up|subscribe)\b"
)
_LABELLED: Final = re.compile(r"^(?P<label>[^.?!:]{3,40}[?:])\s+(?P<rest>\S.{9,})$")
_NETWORK: Final = r"linked-?in|facebook|twitter|x|whatsapp|reddit|e?-?mail|bluesky|mastodon"
_FURNITURE: Final = re.compile(
    r"(?i)^(?:"
    rf"(?:share|tweet|pin|print|e?mail|post)(?: this)?(?: (?:on|to|via|with) (?:{_NETWORK}))"
    r"|please enter your\b.*|please (?:use|keep) (?:the )?comments?\b.*"
    r"|leave a (?:reply|comment)\.?|(?:post|submit) comment|cancel reply|log in to (?:reply|comment).*"
    r"|your e-?mail address will not be published.*|save my name.*"
    r"|\d+ (?:comments?|shares?|likes?|views?|min(?:ute)? read)"
    r"|view (?:this e?mail|in|it in) (?:in )?(?:your |the )?browser\.?"
    r")$"
)
_URL: Final = re.compile(r"(?<![\w@/])(?:https?://|www\.)[^\s<>\"“”]+[^\s<>\"“”.,;:!?)’'\]]")
_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_SPECIAL: Final = re.compile(r"[\\`*\[]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|<(?=[a-zA-Z/!?])|~(?=~)")
_AT_START: Final = re.compile(r"^(?:(#{1,6}|>|[-+])(?=\s|$|>)|(>)|(:::)|(\d{1,9})(?=[.)](?:\s|$)))")


@dataclass(frozen=True)
class Line:
    """A paragraph of plain text; `apart` when a blank line stands before it, `divider` for a row of dashes."""

    text: str
    apart: bool = False
    divider: bool = False
    underlined: bool = False


def read_lines(text: str) -> list[Line]:
    """The paragraphs of a plain text, with hard-wrapped ones joined again."""
    lines: list[Line] = []
    for block in re.split(r"\n[ ]*\n", text.strip("\n")):
        rows = [" ".join(row.split()) for row in block.split("\n") if row.strip()]
        for number, row in enumerate(_unwrapped(rows)):
            if (
                _DIVIDER.match(row)
                and number == 1
                and lines
                and not lines[-1].divider
                and len(lines[-1].text) <= 80
            ):
                lines[-1] = Line(lines[-1].text, lines[-1].apart, underlined=True)
            else:
                lines.append(Line(row, apart=number == 0, divider=bool(_DIVIDER.match(row))))
    return lines


def _unwrapped(rows: Sequence[str]) -> list[str]:
    """Rows of a block joined into one where every row but the last is filled to about the same width."""
    inner = [len(row) for row in rows[:-1]]
    filled = (
        len(rows) > 1 and max(map(len, rows)) <= 100 and min(inner) >= 48 and max(inner) - min(inner) <= 24
    )
    open_ended = sum(1 for row in rows[:-1] if not ends_sentence(row)) >= max(1, len(inner) // 2)
    if not (filled and open_ended) or any(strip_bullet(row) or strip_number(row) for row in rows[1:]):
        return list(rows)
    return [" ".join(rows)]


def ends_sentence(text: str) -> bool:
    """Whether the line ends as a sentence, a lead-in or a clause does, emoji aside."""
    return bool(_SENTENCE_END.search(text))


def strip_bullet(text: str) -> str | None:
    """The words after a bullet; None for a line without one."""
    found = _BULLET.match(text)
    return text[found.end() :] if found else None


def strip_number(text: str) -> str | None:
    """The words after `1.` or `1)`; None for a line without a number."""
    found = _NUMBER.match(text)
    return text[found.end() :] if found else None


def looks_like_heading(lines: Sequence[Line], at: int) -> bool:
    """A short line in title case with text under it; not one of three or more in a row, which is a list."""
    if lines[at].underlined:
        return True
    if not _titled(lines, at):
        return False
    start = at
    while start > 0 and _titled(lines, start - 1):
        start -= 1
    end = at
    while end + 1 < len(lines) and _titled(lines, end + 1):
        end += 1
    return end - start < 2


def _titled(lines: Sequence[Line], at: int) -> bool:
    line = lines[at]
    text = line.text
    if at + 1 >= len(lines) or len(text) > 80 or strip_bullet(text) is not None or is_call_to_action(text):
        return False
    if ends_sentence(text) and not re.search(r"\w\?$", text):
        return False
    if at and lines[at - 1].text.endswith(":") and not line.apart:
        return False
    words = _WORD.findall(text)
    weighty = [word for word in words if word.lower() not in _MINOR]
    if not weighty or len(words) > 12 or _URL.search(text) or "linkedin" in text.lower():
        return False
    alone = line.apart and lines[at + 1].apart
    if len(words) == 1:
        return alone and words[0][0].isupper() and len(words[0]) > 3
    capitals = sum(1 for word in weighty if word[0].isupper()) / len(weighty)
    if text.endswith("?") and capitals < 1:
        return False
    return capitals >= 0.75 or (
        alone and len(text) <= 60 and text[0].isupper() and len(lines[at + 1].text) > 60
    )


def is_list_item_by_shape(text: str) -> bool:
    """Whether a line under a colon may be a list item: short enough and not a sentence."""
    return (
        len(text) <= 120 and not ends_sentence(text) and not _POINTER.match(text) and not _DIVIDER.match(text)
    )


def is_call_to_action(text: str) -> str | None:
    """The button's words for a short line that says to get the guide; None for anything else."""
    found = _CALL.match(text) if len(text) <= 70 else None
    label = found["label"].rstrip(" →»") if found else ""
    return label[0].upper() + label[1:] if label else None


def is_promotion(text: str) -> bool:
    """A line that points with an emoji, or asks to forward, share or subscribe."""
    return bool(_POINTER.match(text)) or bool(len(text) < 260 and _PROMOTION.search(text))


def is_furniture(text: str) -> bool:
    """Words of the page the text was copied from: share buttons and comment forms."""
    return bool(_FURNITURE.match(text))


def labelled(text: str) -> tuple[str, str] | None:
    """`Short label? The rest.` or `Label: the rest` as two parts."""
    found = _LABELLED.match(text)
    return (found["label"], found["rest"]) if found else None


def escape(text: str) -> str:
    """Plain words as Markdown that shows exactly them; addresses become links."""
    pieces: list[str] = []
    at = 0
    spans = sorted([*_URL.finditer(text), *_MAIL.finditer(text)], key=lambda found: found.start())
    for found in spans:
        if found.start() < at:
            continue
        pieces += [_escaped(text[at : found.start()]), _link(found.group(0))]
        at = found.end()
    joined = "".join([*pieces, _escaped(text[at:])])
    return _AT_START.sub(lambda m: f"{m[4]}\\" if m[4] else f"\\{m[0]}", joined)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found.group(0), text)


def _link(address: str) -> str:
    if address.lower().startswith("www."):
        return f"[{_escaped(address)}](<https://{address}>)"
    return f"<{address}>"
