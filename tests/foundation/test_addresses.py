"""One row per reader, whatever they type; nothing that is not an address gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.addresses import abuse_key, address_hash, parse_address
from app.foundation.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Admin@Example.com", "admin@example.com"),
        ("  ada@example.com ", "ada@example.com"),
        ("jos\u0065\u0301@example.com", "jos\u00e9@example.com"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("a.d.a+news@example.com", "a.d.a+news@example.com"),
    ],
)
def test_spellings_of_one_address_have_one_canonical_form(typed: str, canonical: str) -> None:
    assert parse_address(typed).canonical == canonical


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "a@b@c.example",
        '"a b"@example.com',
        "ada@[127.0.0.1]",
        "x" * 65 + "@example.com",
        "ada@example.com, bob@example.com",
        "ada@example.com\r\nBcc: victim@example.com",
        "ada@exa\u200bmple.com",
        "a" * 1_000_000,
    ],
)
def test_what_is_no_address_is_refused_and_the_field_named(typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_address(typed)
    assert caught.value.field == "email"


def test_plus_and_dot_variants_are_distinct_readers_but_share_limits() -> None:
    plain, tagged = parse_address("ada.l@example.com"), parse_address("adal+x@example.com")
    assert plain.canonical != tagged.canonical
    assert abuse_key(plain) == abuse_key(tagged)


@given(st.emails())
def test_canonical_is_a_fixed_point(email: str) -> None:
    try:
        canonical = parse_address(email).canonical
    except InvalidInput:
        return
    assert parse_address(canonical).canonical == canonical


def test_the_hash_needs_the_key() -> None:
    assert address_hash("ada@example.com", b"one") != address_hash("ada@example.com", b"two")
