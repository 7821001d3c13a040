"""The map: choose two functions and see where the handoff between them breaks, what to ask and what to try.

One page made on the server; every square is an address of its own. The script only saves the round trip.
"""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import NotFound
from app.guides.anatomy import BusinessFunction
from app.guides.content import GuideContent
from app.guides.web_edition import map_data
from app.web.public.served import served

bp = Blueprint("guide_map", __name__)


@dataclass(frozen=True)
class Square:
    """Two functions, or one on the diagonal; None while the address names something that is not on the map."""

    one: BusinessFunction
    other: BusinessFunction
    unknown: str = ""
    is_chosen: bool = True


@bp.get("/guides/<slug>/map")
def interactive_map(slug: str) -> ResponseReturnValue:
    shown = served(slug)
    content = shown.content
    if not content.pairs or len(content.function_chapters) < 2:
        raise NotFound("This guide has no map.")
    data = map_data(content)
    functions = {str(function["id"]): function for function in _rows(data, "functions")}
    square = _square(content)
    return render_template(
        "public/guide_map.html",
        here="guides",
        guide=shown.file,
        content=content,
        data=data,
        functions=functions,
        pairs={frozenset(_between(pair)): pair for pair in _rows(data, "pairs")},
        square=square,
        arc=_arc(list(functions).index(square.one), list(functions).index(square.other)),
    )


@bp.app_template_filter("as_key")
def as_key(names: list[str]) -> frozenset[str]:
    """Two functions in either order."""
    return frozenset(names)


def _arc(one: int, other: int) -> str:
    """The bow between two stops of the customer's path, as guide-map.js draws it; nothing on the diagonal."""
    if one == other:
        return ""
    x1, x2 = 40 + 90 * one, 40 + 90 * other
    height = 104 - 2 * min(96, 24 + abs(x2 - x1) / 6)
    return f"M{x1} 104Q{(x1 + x2) / 2:g} {round(height)} {x2} 104"


def _square(content: GuideContent) -> Square:
    known = {chapter.function for chapter, _ in content.function_chapters}
    default = next(pair.between for pair in content.pairs if known.issuperset(pair.between))
    asked = (request.args.get("from", ""), request.args.get("to", ""))
    if not any(asked):
        return Square(*default, is_chosen=False)
    for name in asked:
        if name not in known:
            return Square(*default, unknown=name[:40], is_chosen=False)
    return Square(BusinessFunction(asked[0]), BusinessFunction(asked[1]))


def _rows(data: dict[str, object], name: str) -> list[dict[str, object]]:
    rows = data[name]
    assert isinstance(rows, list)
    return rows


def _between(pair: dict[str, object]) -> list[str]:
    between = pair["between"]
    assert isinstance(between, list)
    return between
