"""What a reader types into the search field, read as words, "phrases" and -exclusions; anything else is just letters.

Nothing of it reaches a database as syntax: both query languages get words and phrases that were cut out here.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from app.issues.accents import folded

LONGEST: Final = 200
MOST_TERMS: Final = 12
_TERM: Final = re.compile(r'(-?)(?:"([^"]*)"|“([^”]*)”|([^\s"“”]+))')
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True)
class Term:
    """One word, or several that stand together; `without` excludes what has them."""

    words: tuple[str, ...]
    without: bool = False


@dataclass(frozen=True)
class Wanted:
    """The query. `typed` is what stands in the field again; `cut` says that it was longer than we read."""

    typed: str
    terms: tuple[Term, ...]
    cut: bool = False

    @property
    def findable(self) -> bool:
        """Is there anything to look for? Exclusions alone are not."""
        return any(not term.without for term in self.terms)

    def for_sqlite(self) -> str:
        """As an FTS5 expression: quoted strings, AND and NOT, nothing else."""
        wanted = " AND ".join(_quoted(term) for term in self.terms if not term.without)
        return wanted + "".join(f" NOT {_quoted(term)}" for term in self.terms if term.without)

    def for_postgresql(self) -> str:
        """As `websearch_to_tsquery` reads it, for words that are folded."""
        return folded(" ".join(("-" if term.without else "") + _quoted(term) for term in self.terms))


def read_wanted(raw: str | None) -> Wanted:
    """The query from what was typed, however odd or long; never raises."""
    text = unicodedata.normalize("NFC", (raw or "").encode("utf-8", "replace").decode("utf-8"))
    text = " ".join(
        "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[: LONGEST * 4]).split()
    )
    typed = text[:LONGEST]
    terms = []
    for minus, straight, curly, bare in _TERM.findall(typed):
        words = tuple(_WORD.findall(straight or curly or bare))
        if words:
            terms.append(Term(words, bool(minus)))
    cut = len(raw or "") > LONGEST or len(terms) > MOST_TERMS
    return Wanted(typed, tuple(terms[:MOST_TERMS]), cut)


def _quoted(term: Term) -> str:
    return '"' + " ".join(term.words) + '"'
