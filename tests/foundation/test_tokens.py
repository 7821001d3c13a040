"""Tokens open one door, survive lost case, and fit a mail address."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose, Signer, pack, pack_each

SIGNER = Signer(b"a key for tests only")


@given(st.lists(st.integers(0, 2**63), max_size=4))
def test_a_token_gives_back_its_numbers(numbers: list[int]) -> None:
    token = SIGNER.sign(Purpose.CONFIRM, *numbers)
    assert SIGNER.read(Purpose.CONFIRM, token, len(numbers)) == tuple(numbers)
    assert SIGNER.read(Purpose.CONFIRM, token.upper(), len(numbers)) == tuple(numbers)


def test_a_token_for_one_door_opens_no_other() -> None:
    with pytest.raises(NotFound):
        SIGNER.read(Purpose.UNSUBSCRIBE, SIGNER.sign(Purpose.CONFIRM, 1), 1)


@given(st.lists(st.integers(0, 2**63), max_size=3))
def test_links_that_were_mailed_with_the_former_mac_still_open_their_door(numbers: list[int]) -> None:
    mac = hmac.new(SIGNER.key(Purpose.UNSUBSCRIBE), pack(*numbers), hashlib.sha256).digest()[:10]
    token = base64.b32encode(mac + pack(*numbers)).decode().rstrip("=").lower()
    assert SIGNER.read(Purpose.UNSUBSCRIBE, token, len(numbers)) == tuple(numbers)
    with pytest.raises(NotFound):
        SIGNER.read(Purpose.LEAVE, token, len(numbers))


@given(st.text(max_size=200))
def test_what_we_did_not_sign_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        SIGNER.read(Purpose.BOUNCE, text, 1)


def test_a_verp_local_part_fits_64_octets() -> None:
    assert len("bounce+" + SIGNER.sign(Purpose.BOUNCE, 2**40, 2**20)) <= 64


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=3), st.data())
def test_a_token_with_any_letter_changed_is_not_found(numbers: list[int], data: st.DataObject) -> None:
    token = SIGNER.sign(Purpose.CONFIRM, *numbers)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda c: c != token[place])
    )
    with pytest.raises(NotFound):
        SIGNER.read(Purpose.CONFIRM, token[:place] + letter + token[place + 1 :], len(numbers))


@given(st.lists(st.lists(st.integers(0, 2**63), max_size=3), max_size=40))
def test_tokens_signed_together_are_those_signed_one_by_one(rows: list[list[int]]) -> None:
    together = SIGNER.sign_many(Purpose.DELIVERY, [pack(*numbers) for numbers in rows])
    assert [token.decode() for token in together] == [SIGNER.sign(Purpose.DELIVERY, *row) for row in rows]


@given(st.lists(st.integers(0, 2**63), max_size=40))
def test_numbers_packed_together_are_those_packed_one_by_one(numbers: list[int]) -> None:
    assert pack_each(numbers) == [pack(number) for number in numbers]
