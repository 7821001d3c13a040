"""Signed, opaque tokens for links and mail addresses.

A token is base32 (lower case, no padding: it survives mail addresses that lose their case) of a truncated AES-CMAC and
the payload. The purpose is part of the key, so that a token made for one door opens no other. What was mailed before,
with a truncated HMAC-SHA-256 in that place, is read as ever.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from app.foundation.cmac import BLOCK, Cmac
from app.foundation.errors import NotFound

MAC_BYTES = (
    10  # 80 bits: unforgeable online, short enough for a VERP local part (RFC 5321 4.5.3.1.1: 64 octets)
)


class Purpose(StrEnum):
    """What a token opens. The value is mixed into the key and must never change."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    DOWNLOAD = "download"
    FILE = "file"
    READER = "reader"
    DELIVERY = "delivery"
    BOUNCE = "bounce"
    REPLY = "reply"
    LEAVE = "leave"
    CLIP = "clip"
    FORM = "form"


@dataclass(frozen=True)
class Signer:
    """Signs and reads tokens with keys derived from the installation's secret."""

    secret: bytes

    def key(self, purpose: str) -> bytes:
        """The derived key of one purpose (HMAC as KDF, RFC 5869 in spirit: one expand step)."""
        return _derived(self.secret, purpose)

    def sign(self, purpose: Purpose, *numbers: int) -> str:
        """A token for a few non-negative numbers (ids, seconds since the epoch)."""
        payload = pack(*numbers)
        mac = _mac_of(self.key(f"cmac/{purpose}")).tags(payload, 1, len(payload))[:MAC_BYTES]
        return base64.b32encode(mac + payload).decode().rstrip("=").lower()

    def sign_many(self, purpose: Purpose, payloads: Sequence[bytes]) -> list[bytes]:
        """`sign` for many at once, of numbers already packed by `pack`: a letter to a reader needs half a dozen."""
        lengths = list(map(len, payloads))
        if not lengths:
            return []
        mac = _mac_of(self.key(f"cmac/{purpose}"))
        if min(lengths) == max(lengths):
            return _signed(mac, payloads, lengths[0])
        tokens = [b""] * len(payloads)
        for length in set(lengths):
            places = [place for place, each in enumerate(lengths) if each == length]
            for place, token in zip(
                places, _signed(mac, [payloads[place] for place in places], length), strict=True
            ):
                tokens[place] = token
        return tokens

    def read(self, purpose: Purpose, token: str, count: int) -> tuple[int, ...]:
        """The numbers of a token.

        Raises NotFound when it is not ours, altered, or made for another purpose: always the same answer.
        """
        try:
            raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except (binascii.Error, ValueError):
            raise NotFound("This link is not one of ours, or it was cut short.") from None
        if base64.b32encode(raw).decode().rstrip("=") != token.upper():
            raise NotFound(
                "This link is not one of ours, or it was cut short."
            )  # spare bits of the last letter
        if len(token) > 128 or not token.isascii() or not self._is_ours(purpose, raw):
            raise NotFound("This link is not one of ours, or it was cut short.")
        numbers = _varints(raw[MAC_BYTES:])
        if len(numbers) != count:
            raise NotFound("This link is not one of ours, or it was cut short.")
        return numbers

    def _is_ours(self, purpose: Purpose, raw: bytes) -> bool:
        mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
        new = _mac_of(self.key(f"cmac/{purpose}")).tags(payload, 1, len(payload))[:MAC_BYTES]
        old = hmac.digest(self.key(purpose), payload, "sha256")[:MAC_BYTES]
        return hmac.compare_digest(mac, new) | hmac.compare_digest(mac, old)


@lru_cache(maxsize=64)
def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"handoff/" + purpose.encode(), "sha256")


def hash_secret(secret: str) -> str:
    """What we store of a random secret handed to a person (session, login link): SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def pack(*numbers: int) -> bytes:
    """What a token carries."""
    return b"".join([_varint(number) for number in numbers])


def pack_each(numbers: Sequence[int]) -> list[bytes]:
    """`pack` of one number each, for many."""
    if not numbers:
        return []
    size = (max(numbers).bit_length() + 7) // 8 or 1
    if min(numbers) < 1 << (8 * size - 8):  # not all of the same length, or one of them negative
        return [pack(number) for number in numbers]
    head = bytes((size,))
    return [head + number.to_bytes(size, "big") for number in numbers]


@lru_cache(maxsize=64)
def _mac_of(key: bytes) -> Cmac:
    return Cmac(key)


def _signed(mac: Cmac, payloads: Sequence[bytes], length: int) -> list[bytes]:
    """The tokens of payloads that are all of one length, laid out byte by byte for all at once."""
    joined, count = b"".join(payloads), len(payloads)
    tags = mac.tags(joined, count, length)
    size = -(-(MAC_BYTES + length) // 5) * 5
    packed = bytearray(size * count)
    for place in range(MAC_BYTES):
        packed[place::size] = tags[place::BLOCK]
    for place in range(length):
        packed[MAC_BYTES + place :: size] = joined[place::length]
    return _base32(packed, size, -(-(MAC_BYTES + length) * 8 // 5))


_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567".ljust(256, b"?")


def _base32(packed: bytearray, size: int, length: int) -> list[bytes]:
    """Lower-case base32 of every `size` bytes, a multiple of five, cut to `length` letters. 40 bits are spread over 64
    in three steps of whole-number arithmetic on one long integer: a fiftieth of base64.b32encode for each."""
    lanes = len(packed) // 5
    spread = bytearray(lanes * 8)
    for place in range(5):
        spread[3 + place :: 8] = packed[place::5]
    bits = int.from_bytes(spread, "big")
    for shift, high, low in _masks(lanes):
        bits = ((bits & high) << shift) | (bits & low)
    letters = bits.to_bytes(lanes * 8, "big").translate(_ALPHABET)
    return [letters[at : at + length] for at in range(0, lanes * 8, size // 5 * 8)]


@lru_cache(maxsize=64)
def _masks(lanes: int) -> tuple[tuple[int, int, int], ...]:
    """(shift, upper half, lower half) of 20, 10 and 5 bits in lanes of 64, 32 and 16."""
    steps = []
    for bits, lane in ((20, 8), (10, 4), (5, 2)):
        low = (1 << bits) - 1
        one = (low << bits).to_bytes(lane, "big"), low.to_bytes(lane, "big")
        high_mask, low_mask = (int.from_bytes(part * (lanes * 8 // lane), "big") for part in one)
        steps.append((lane * 4 - bits, high_mask, low_mask))
    return tuple(steps)


def _varint(number: int) -> bytes:
    if number < 0:
        raise ValueError("tokens carry non-negative numbers")
    size = (number.bit_length() + 7) // 8 or 1
    return bytes((size,)) + number.to_bytes(size, "big")


def _varints(payload: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    at = 0
    while at < len(payload):
        size = payload[at]
        numbers.append(int.from_bytes(payload[at + 1 : at + 1 + size], "big"))
        at += 1 + size
    return tuple(numbers)
