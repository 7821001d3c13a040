"""Markup nested deeper than any mail program writes, cut before the parser sees it.

The HTML standard makes a parser look through every open element at each new block, so a hundred thousand of them
inside each other take minutes.
"""

import re
from typing import Final

DEEPEST: Final = 600

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
# Elements that hold nothing, and those that the next of their kind closes: leaving them open nests nothing.
_FLAT: Final = frozenset(
    [
        "br",
        "hr",
        "img",
        "input",
        "meta",
        "link",
        "area",
        "base",
        "col",
        "wbr",
        "source",
        "p",
        "li",
        "dt",
        "dd",
        "td",
        "th",
        "tr",
        "tbody",
        "thead",
        "tfoot",
        "option",
        "html",
        "head",
        "body",
    ]
)


def without_abyss(markup: str) -> str:
    """The markup up to where more than `DEEPEST` elements stand open; nearly always all of it."""
    depth = 0
    for tag in _TAG.finditer(markup):
        if tag.group(2).lower() in _FLAT:
            continue
        if tag.group(1):
            depth = max(0, depth - 1)
        else:
            depth += 1
            if depth > DEEPEST:
                return markup[: tag.start()]
    return markup
