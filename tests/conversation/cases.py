"""Cases for the reading of replies, kept as text files beside the tests, where mails look like mails."""

from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def squeezed(text: str) -> str:
    return "".join(text.split())


def sections(name: str) -> list[tuple[str, str]]:
    """The `=== title` sections of a text file beside this one."""
    parts = (HERE / name).read_text(encoding="utf-8").split("\n=== ")[1:]
    return [(title, body) for title, _, body in (part.partition("\n") for part in parts)]


def pairs(name: str) -> list[Any]:
    """The cases of such a file: a body, and what its writer said in it."""
    found = sections(name)
    return [
        pytest.param(raw, said, id=title)
        for (title, raw), (_, said) in zip(found[::2], found[1::2], strict=True)
    ]
