"""Numbers from forms are numbers, or nothing."""

import pytest

from app.web.typed import typed_number


@pytest.mark.parametrize(("raw", "number"), [("0", 0), ("42", 42), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(raw: str, number: int) -> None:
    assert typed_number(raw) == number


@pytest.mark.parametrize(
    "raw", [None, "", " 1", "-1", "+1", "1.0", "²", "٣", "0x1", "1_000", "9" * 19, "9" * 5000]
)
def test_anything_else_is_nothing(raw: str | None) -> None:
    assert typed_number(raw) is None
