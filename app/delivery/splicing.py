"""Constant bytes and a reader's values put in order, with as little work for a reader as there can be.

A tracked letter holds the same token some hundred times, so a stretch of text in which one slot stands again and again
is `value.join(stretch)`: one call instead of two hundred pieces. The rest is picked in one look-up.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Final

from app.delivery.message import Piece, Use

Splice = Callable[[tuple[bytes, ...]], tuple[bytes, ...]]
"""From a reader's values to all pieces of the text, in order."""

SHORTEST_STRETCH: Final = 4
_VALUE, _STRETCH, _CONSTANT = range(3)


def splicer(pieces: Sequence[Piece], uses: Sequence[Use]) -> Splice:
    """How to fill `pieces`; a reader's values come in the order of `uses`."""
    order: list[tuple[int, int]] = []
    stretches: list[tuple[int, tuple[bytes, ...]]] = []
    constants: list[bytes] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        use, texts, after = _stretch(pieces, at)
        if use is not None and len(texts) > SHORTEST_STRETCH:
            order.append((_STRETCH, len(stretches)))
            stretches.append((uses.index(use), texts))
            at = after
            continue
        if isinstance(piece, Use):
            order.append((_VALUE, uses.index(piece)))
        else:
            order.append((_CONSTANT, len(constants)))
            constants.append(piece)
        at += 1
    while len(order) < 2:  # for which itemgetter would give no tuple
        order.append((_CONSTANT, len(constants)))
        constants.append(b"")
    first = (0, len(uses), len(uses) + len(stretches))
    return _filled([first[kind] + number for kind, number in order], stretches, tuple(constants))


def _stretch(pieces: Sequence[Piece], at: int) -> tuple[Use | None, tuple[bytes, ...], int]:
    """The one slot that stands from here on before another does, the texts around it, and where that ends."""
    texts = [b""]
    use: Use | None = None
    while at < len(pieces):
        piece = pieces[at]
        if isinstance(piece, bytes):
            texts[-1] += piece
        elif use is None or piece == use:
            use = piece
            texts.append(b"")
        else:
            break
        at += 1
    return use, tuple(texts), at


def _filled(
    order: list[int], stretches: list[tuple[int, tuple[bytes, ...]]], constants: tuple[bytes, ...]
) -> Splice:
    """`order` counts through the values, then the stretches, then the constants."""
    pick: Splice = itemgetter(*order)

    def filled(values: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return pick((*values, *[values[use].join(texts) for use, texts in stretches], *constants))

    return filled
