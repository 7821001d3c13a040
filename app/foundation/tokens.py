"""Signed, opaque tokens for links and mail addresses.

A token is base32 (lower case, no padding: it survives mail addresses that lose their case) of
payload + truncated HMAC-SHA-256. The purpose is part of the key, so that a token made for one door opens no other.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from enum import StrEnum

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
    DELIVERY = "delivery"
    BOUNCE = "bounce"
    REPLY = "reply"
    LEAVE = "leave"
    CLIP = "clip"
    FORM = "form"
    MESSAGE = "message"


@dataclass(frozen=True)
class Signer:
    """Signs and reads tokens with keys derived from the installation's secret."""

    secret: bytes

    def key(self, purpose: str) -> bytes:
        """The derived key of one purpose (HMAC as KDF, RFC 5869 in spirit: one expand step)."""
        return hmac.new(self.secret, b"handoff/" + purpose.encode(), hashlib.sha256).digest()

    def sign(self, purpose: Purpose, *numbers: int) -> str:
        """A token for a few non-negative numbers (ids, seconds since the epoch)."""
        payload = b"".join(_varint(number) for number in numbers)
        mac = hmac.new(self.key(purpose), payload, hashlib.sha256).digest()[:MAC_BYTES]
        return base64.b32encode(mac + payload).decode().rstrip("=").lower()

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


def _varint(number: int) -> bytes:
    if number < 0:
        raise ValueError("tokens carry non-negative numbers")
    size = max(1, (number.bit_length() + 7) // 8)
    return struct.pack("B", size) + number.to_bytes(size, "big")


def _varints(payload: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    at = 0
    while at < len(payload):
        size = payload[at]
        numbers.append(int.from_bytes(payload[at + 1 : at + 1 + size], "big"))
        at += 1 + size
    return tuple(numbers)
