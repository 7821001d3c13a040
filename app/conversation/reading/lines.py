"""A mail body as lines: the words as they came beside a cleaned copy that patterns can be held against.

Direction marks, zero-width characters and exotic spaces sit in the middle of attributions and headers
("<\u202amail@example.com\u202c>"), so matching needs them gone; the reader's own text keeps them.
"""

import re
from dataclasses import dataclass

_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_TRANSLATION = {**dict.fromkeys(map(ord, _INVISIBLE)), **dict.fromkeys(map(ord, _SPACES), " "), 9: " "}
_NEEDS_CLEANING = re.compile(f"[{_INVISIBLE}{_SPACES}\t]")
LONGEST_TEXT = 300_000
MOST_LINES = 6_000
# Nobody writes such an attribution, header or signature line; it also bounds every pattern.
LONGEST = 400


@dataclass(frozen=True)
class Lines:
    """The same lines twice: `own` as written (right-stripped), `clean` for matching (stripped)."""

    own: list[str]
    clean: list[str]


def split_lines(text: str) -> Lines:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if len(text) > LONGEST_TEXT:
        text = _both_ends(text)
    own = text.split("\n")
    if len(own) > MOST_LINES:
        own = own[: MOST_LINES * 2 // 3] + own[-MOST_LINES // 3 :]
        text = "\n".join(own)
    cleaned = text.translate(_TRANSLATION).split("\n") if _NEEDS_CLEANING.search(text) else own
    return Lines([line.rstrip() for line in own], [line.strip() for line in cleaned])


def _both_ends(text: str) -> str:
    """A megabyte is read at both ends: people write above or below what they quote."""
    head = text[: LONGEST_TEXT * 2 // 3]
    tail = text[-LONGEST_TEXT // 3 :]
    return head[: head.rfind("\n") + 1 or None] + tail[tail.find("\n") + 1 :]


def clean_line(line: str) -> str:
    """One line as `split_lines` cleans it."""
    return line.translate(_TRANSLATION).strip() if _NEEDS_CLEANING.search(line) else line.strip()


def next_said(clean: list[str], start: int, within: int = 12) -> int:
    """The next line that is not blank, at most `within` lines on; otherwise the end."""
    stop = min(len(clean), start + within)
    for at in range(start, stop):
        if clean[at]:
            return at
    return len(clean)


def word_set(table: str) -> frozenset[str]:
    """A table of words, set in lines for the eye."""
    return frozenset(table.split())


def phrase_set(table: str) -> frozenset[str]:
    """A table of phrases with bars between them."""
    return frozenset(phrase.strip() for phrase in table.split("|"))
