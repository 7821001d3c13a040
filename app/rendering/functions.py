"""Words for one function only: one letter, and a paragraph in it that speaks to the reader's own desk.

    ::: for finance
    The quarter closes on Friday; ask before that.
    :::

There is no box around them. Whoever's function is not known, and the web page, are shown the letter without them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it.token import Token

BLOCK: Final = "for"
OPEN: Final = "container_block_open"

# Those of subscribers.models.Function that one can speak to: "other" is not a desk, and not everybody else either.
FUNCTIONS: Final = (
    *("cx", "sales", "finance", "legal", "it", "operations", "product", "marketing", "hr", "executive"),
)


def named_in(info: str) -> tuple[str, ...]:
    """The functions that a block's first line names, as typed: `for finance, legal`."""
    rest = info.strip().partition(" ")[2]
    return tuple(word.lower() for word in re.split(r"[\s,&+]+|\band\b", rest) if word)


def functions_in(tokens: Sequence[Token]) -> frozenset[str]:
    """Every function that somewhere is spoken to."""
    return frozenset(name for token in tokens if _opens(token) for name in named_in(token.info))


def spoken_to(tokens: Sequence[Token], function: str | None) -> tuple[Token, ...]:
    """The tokens that a reader of this function is shown; the marks of such blocks themselves are gone."""
    return tuple(_spoken(tokens, function))


def _spoken(tokens: Sequence[Token], function: str | None) -> Iterator[Token]:
    closes: list[
        tuple[int, bool]
    ] = []  # how deep each open block of ours stands, and whether it is for this reader
    depth = 0
    for token in tokens:
        if _opens(token):
            closes.append((depth, function is not None and function in named_in(token.info)))
        ours = bool(closes) and (_opens(token) or (token.nesting < 0 and depth - 1 == closes[-1][0]))
        shown = all(mine for _, mine in closes)
        depth += token.nesting
        if ours and token.nesting < 0:
            closes.pop()
        elif not ours and shown:
            yield token


def _opens(token: Token) -> bool:
    return token.type == OPEN and token.info.split()[0] == BLOCK
