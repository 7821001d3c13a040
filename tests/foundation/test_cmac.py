"""CMAC by ourselves, because one at a time is too slow: it must be what everybody else's is."""

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.cmac import BLOCK, Cmac

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("length", "tag"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_the_examples_of_rfc_4493(length: int, tag: str) -> None:
    assert Cmac(KEY).tags(MESSAGE[:length], 1, length).hex() == tag


@given(st.binary(min_size=32, max_size=32), st.integers(0, 40), st.integers(1, 9), st.data())
def test_many_at_once_are_those_of_another_library(
    key: bytes, length: int, count: int, data: st.DataObject
) -> None:
    joined = data.draw(st.binary(min_size=length * count, max_size=length * count))
    tags = Cmac(key).tags(joined, count, length)
    for number in range(count):
        other = CMAC(AES(key))
        other.update(joined[number * length : (number + 1) * length])
        assert tags[number * BLOCK : (number + 1) * BLOCK] == other.finalize()
