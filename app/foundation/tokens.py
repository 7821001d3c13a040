"""Signed, opaque tokens for links and mail addresses.

A token is base32 (lower case, no padding: it survives mail addresses that lose their case) of
payload + truncated HMAC-SHA-256. The purpose is part of the key, so that a token made for one door opens no other.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

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
        return hmac.new(self.secret, b"handoff/" + purpose.encode(), hashlib.sha256).digest()

    def sign(self, purpose: Purpose, *numbers: int) -> str:
        """A token for a few non-negative numbers (ids, seconds since the epoch)."""
        payload = pack(*numbers)
        mac = hmac.new(self.key(purpose), payload, hashlib.sha256).digest()[:MAC_BYTES]
        return base64.b32encode(mac + payload).decode().rstrip("=").lower()

    def sign_many(self, purpose: Purpose, payloads: Sequence[bytes]) -> list[bytes]:
        """`sign` for many at once, of numbers already packed by `pack`: a letter to a reader needs half a dozen."""
        inner, outer = _keyed(self.key(purpose))
        raws = []
        begin, end = inner.copy, outer.copy
        for payload in payloads:
            inside = begin()
            inside.update(payload)
            outside = end()
            outside.update(inside.digest())
            raws.append(outside.digest()[:MAC_BYTES] + payload)
        return _base32(raws)

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
        mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
        expected = hmac.new(self.key(purpose), payload, hashlib.sha256).digest()[:MAC_BYTES]
        if len(token) > 128 or not hmac.compare_digest(mac, expected) or not token.isascii():
            raise NotFound("This link is not one of ours, or it was cut short.")
        numbers = _varints(payload)
        if len(numbers) != count:
            raise NotFound("This link is not one of ours, or it was cut short.")
        return numbers


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


def _keyed(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """The inner and outer hash of HMAC with the key already in (RFC 2104): copying them is half the cost of hmac."""
    block = key.ljust(64, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567".ljust(256, b"?")


def _base32(raws: Sequence[bytes]) -> list[bytes]:
    """Lower-case base32 without padding, for all at once: 40 bits are spread over 64 in three steps of whole-number
    arithmetic on one long integer, which costs a fiftieth of base64.b32encode for each."""
    if not raws:
        return []
    size = -(-max(map(len, raws)) // 5) * 5
    packed = b"".join([raw.ljust(size, b"\0") for raw in raws])
    lanes = len(packed) // 5
    spread = bytearray(lanes * 8)
    for place in range(5):
        spread[3 + place :: 8] = packed[place::5]
    bits = int.from_bytes(spread, "big")
    for shift, high, low in _masks(lanes):
        bits = ((bits & high) << shift) | (bits & low)
    letters = bits.to_bytes(lanes * 8, "big").translate(_ALPHABET)
    starts = range(0, lanes * 8, size // 5 * 8)
    lengths = set(map(len, raws))
    if len(lengths) == 1:
        length = -(-lengths.pop() * 8 // 5)
        return [letters[at : at + length] for at in starts]
    return [letters[at : at + -(-len(raw) * 8 // 5)] for at, raw in zip(starts, raws, strict=True)]


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
