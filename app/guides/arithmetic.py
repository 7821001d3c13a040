"""Checks the sums that a worked example prints, because a reader in Finance will.

A working is written as one would say it, `1,200 orders × 7% × $18`: words and currency signs are dropped, numbers
and × ÷ + − ( ) % are worked out.
"""

import ast
import operator
import re
from collections.abc import Callable

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-"})
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def work_out(working: str) -> float:
    """The number a working comes to. Raises ValueError when it is not a sum of numbers."""
    # A hyphen belongs to a word (“write-offs”); only a true minus sign subtracts.
    figures = re.sub(r"[^\d.,()+×÷−%\s]", " ", working)
    figures = re.sub(r"(?<!\d)[.,]|[.,](?!\d)", " ", figures).replace(",", "")
    figures = re.sub(r"(\d)\s*%", r"\1/100", figures).translate(_SIGNS)
    try:
        return _value(ast.parse(figures.strip(), mode="eval").body)
    except (SyntaxError, ZeroDivisionError, RecursionError) as problem:
        raise ValueError(
            f"“{working}” cannot be worked out: write it with numbers and × ÷ + − ( ) %"
        ) from problem


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("a working may hold numbers and × ÷ + − ( ) % only")


def shown_number(result: str) -> tuple[float, float]:
    """The first number in a result and the rounding it allows: half a unit of its last digit."""
    found = _NUMBER.search(result)
    if found is None:
        raise ValueError(f"“{result}” shows no number")
    digits = found.group().replace(",", "")
    decimals = len(digits.partition(".")[2])
    unit = 10.0**-decimals
    percent = result[found.end() :].lstrip().startswith("%")
    scale = 100 if percent else 1
    return float(digits) / scale, (unit / 2 + 1e-9) / scale
