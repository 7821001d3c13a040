"""Rows as plain values that any program can read: times in ISO 8601 and UTC, choices by their names."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any


def facts(row: object, names: str) -> dict[str, Any]:
    """These columns of a row; names are separated by blanks."""
    return {name: plain(getattr(row, name)) for name in names.split()}


def facts_of_all(rows: Iterable[object], names: str) -> list[dict[str, Any]]:
    """The same of each row, in order."""
    return [facts(row, names) for row in rows]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.value if isinstance(value, Enum) else value
