"""The picture of a page for other people's pages (Open Graph): title and publication, set in the house's own face.

Made by typst with the fonts it carries (Libertinus Serif, SIL OFL 1.1): the same bytes on every machine.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from app.rendering.pdf import TypstSource, compile_png

WIDTH: Final = 1200
HEIGHT: Final = 630
MOST: Final = 180
"""Characters of a title that can still be read in the size at which such pictures are shown."""

_NO_LETTER: Final = re.compile("[\u200d\u2600-\u27bf\ufe0e\ufe0f\U0001f000-\U0001ffff\U000e0020-\U000e007f]")
_FOLDER: Final = Path(__file__).with_name("typst")


@dataclass(frozen=True)
class Card:
    """What stands on it. `accent` is `#rrggbb`; `kind`, `author` and `date` may be empty."""

    name: str
    title: str
    kind: str
    author: str
    date: str
    accent: str

    @property
    def mark(self) -> str:
        """Changes when the picture would; 16 hexadecimal digits."""
        said = json.dumps(asdict(self), sort_keys=True) + _template()
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def draw_card(card: Card) -> bytes:
    """The PNG. Raises ContentError when typst cannot set it."""
    return compile_png(TypstSource(_template(), {**asdict(card), "title": _shown(card.title)}, _FOLDER), 72)


def _shown(title: str) -> str:
    """Without the pictures that people put among letters, which the face has no signs for; cut between words."""
    words = " ".join(_NO_LETTER.sub(" ", title).split())
    return words if len(words) <= MOST else words[:MOST].rpartition(" ")[0].rstrip(",;:–— ") + "…"


def _template() -> str:
    return (_FOLDER / "card.typ").read_text(encoding="utf-8")
