"""A reader's own copy: name and day on a PDF that was built long before, or the PDF as it is.

Whatever cannot be set as it is written (an emoji, a script without a font, control characters, an endless name) gives
a copy without a name. A cover with boxes on it would be no present.
"""

import logging
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from app.foundation.errors import ContentError
from app.guides.anatomy import Layout
from app.rendering.pdf import TypstSource, compile_line
from app.rendering.stamping import Place, stamp_first_page

log = logging.getLogger(__name__)

LONGEST_NAME = 80
_TEMPLATE = Path(__file__).parent / "typst" / "line.typ"
_JOINERS = "\u200c\u200d"
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # the line's own file has a date that nobody sees


@dataclass(frozen=True)
class LineStyle:
    """How a layout shows a reader's line; sizes in points."""

    place: Place
    width: float
    height: float
    size: float
    fill: str
    right: bool


STYLES = {
    Layout.BOOK: LineStyle(Place(82.8, 40), 446, 18, 10.5, "#ffffff", right=False),
    Layout.SHEET: LineStyle(Place(61.2, 756), 489.6, 14, 9, "#53605E", right=True),
}


def personal_copy(pdf: bytes, layout: Layout | None, name: str, day: str) -> bytes:
    """The PDF for this reader: “For Alice Reader · 24 November 2026”. Deterministic; takes some 20 ms.

    Without a usable name, or a layout that has a place for one, the PDF that came in.
    """
    shown = " ".join(name.split())
    if layout is None or not is_settable(shown):
        return pdf
    style = STYLES[layout]
    try:
        return stamp_first_page(pdf, _line(shown, day, style), style.place)
    except (ContentError, ValueError) as problem:
        log.info("a copy went out without its reader's name: %s", problem)
        return pdf


def is_settable(name: str) -> bool:
    """Could this be a name on one line? Fonts have their own say later."""
    if not name or len(name) > LONGEST_NAME:
        return False
    marks = 0
    for char in unicodedata.normalize("NFC", name):
        category = unicodedata.category(char)
        if category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} or (category == "Cf" and char not in _JOINERS):
            return False
        marks = marks + 1 if category.startswith("M") else 0
        if marks > 3:  # a tower of accents is no spelling
            return False
    return True


def _line(name: str, day: str, style: LineStyle) -> bytes:
    data = {
        "name": name,
        "day": day,
        "width": style.width,
        "height": style.height,
        "size": style.size,
        "fill": style.fill,
        "right": style.right,
    }
    return compile_line(TypstSource(_template(), data, _TEMPLATE.parent), _ANY_DAY)


@cache
def _template() -> str:
    return _TEMPLATE.read_text(encoding="utf-8")
