"""Words that come from outside, made fit to show: one line, no markup, nothing that turns the text around (A27)."""

import re
import unicodedata
from html import unescape
from typing import Final

LONGEST_TITLE: Final = 300
LONGEST_NAME: Final = 120
LONGEST_EXCERPT: Final = 400

_SCRIPT: Final = re.compile(r"(?is)<(script|style)\b[^<>]{0,300}>.{0,2000}?</\1\s*>")
_TAG: Final = re.compile(
    r"(?i)</?(?:script|style|span|div|p|br|a|b|i|u|em|strong|font|sup|sub|small|mark|h[1-6]|img|iframe|svg)\b[^<>]{0,500}>"
)
_INVISIBLE: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]"
)
"""Overrides, isolates, and what has no width; joiners stay, for scripts and emoji need them."""


def one_line(text: str | None, longest: int = LONGEST_TITLE) -> str:
    """The words alone, cut at a word's end when there are too many."""
    if not text:
        return ""
    raw = text[: longest * 20]
    if "&" in raw:
        raw = unescape(raw)  # some systems escape twice
    raw = _TAG.sub("", _SCRIPT.sub("", raw))
    raw = _INVISIBLE.sub("", unicodedata.normalize("NFC", raw.encode("utf-8", "replace").decode("utf-8")))
    line = " ".join(
        "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in raw).split()
    )
    return shortened(line, longest)


def shortened(line: str, longest: int) -> str:
    """At most `longest` characters, ending in an ellipsis when something is missing."""
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:-–—") + "…"


def folded(text: str) -> str:
    """Letters and digits alone, for comparing names."""
    return "".join(char for char in text.casefold() if char.isalnum())
