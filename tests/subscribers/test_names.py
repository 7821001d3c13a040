"""A name reaches mail that we sign, so it carries a name and nothing else."""

import pytest

from app.foundation.errors import InvalidInput
from app.subscribers.names import clean_name


@pytest.mark.parametrize(
    "name", ["Ada", "Zoë", "O’Brien", "Jean-Luc", "J.R.R.", "Dr. Åse", "李明", "St. John", "María José", ""]
)
def test_names_of_people_pass(name: str) -> None:
    assert clean_name(f" {name} ", field="first_name") == name


@pytest.mark.parametrize(
    "text",
    [
        "Ada\r\nBcc: v@y.example",
        "Ada\x00",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "Win at https://evil.example",
        "www.evil.example",
        "evil.com",
        "write me@evil.example",
        "\u202eadA",
        "Zo\ufffd",
        "x" * 81,
        "x" * 1_000_000,
    ],
)
def test_everything_else_is_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        clean_name(text, field="first_name")
    assert raised.value.field == "first_name"
