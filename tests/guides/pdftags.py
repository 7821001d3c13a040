"""Reads the tag tree of a PDF, for tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf


@dataclass(frozen=True)
class Tag:
    """One structure element: its kind, the page it says it is on, the numbers of its own marked content."""

    kind: str
    page: tuple[int, int] | None
    marked: tuple[int, ...]
    depth: int
    title: str = ""


def tag_tree(document: pikepdf.Pdf) -> list[Tag]:
    """Every structure element, depth first."""
    return list(_walk(document.Root.StructTreeRoot, 0))


def _walk(node: Any, depth: int) -> Iterator[Tag]:
    children = node.get("/K", [])
    flat = list(children) if isinstance(children, pikepdf.Array) else [children]
    if "/S" in node:
        page = node.Pg.objgen if "/Pg" in node else None
        yield Tag(
            str(node.S), page, tuple(k for k in flat if isinstance(k, int)), depth, str(node.get("/T", ""))
        )
    for child in flat:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield from _walk(child, depth + 1)


def marked_content(page: Any) -> tuple[set[int], list[str]]:
    """The numbers of the page's marked content, and the operators that draw outside any mark."""
    numbers: set[int] = set()
    outside: list[str] = []
    open_marks = 0
    for instruction in pikepdf.parse_content_stream(page):
        name, operands = str(instruction.operator), list(instruction.operands)
        if name in {"BDC", "BMC"}:
            open_marks += 1
            if name == "BDC" and "/MCID" in operands[1]:
                numbers.add(int(operands[1].MCID))
        elif name == "EMC":
            open_marks -= 1
        elif name in {"Tj", "TJ", "f", "F", "S", "B", "Do", "sh"} and not open_marks:
            outside.append(name)
    assert open_marks == 0
    return numbers, outside
