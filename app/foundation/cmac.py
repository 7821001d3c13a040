"""AES-CMAC (RFC 4493, NIST SP 800-38B) of many short messages at once.

A message of at most one block needs one block cipher call, and the calls for a thousand messages are one: a letter to
a reader carries half a dozen tags, and an HMAC for each took a sixth of the time of sending it.
"""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 16
_REDUCE: Final = 0x87
_WHOLE: Final = (1 << 8 * BLOCK) - 1


class Cmac:
    """CMAC under one AES key (16, 24 or 32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305  (CMAC is made of it; RFC 4493, 2.4)
        once = _double(int.from_bytes(self._encrypt(bytes(BLOCK)), "big"))
        self._whole, self._cut = (number.to_bytes(BLOCK, "big") for number in (once, _double(once)))

    def tags(self, joined: bytes, count: int, length: int) -> bytes:
        """The 16 bytes of the tag of each of `count` messages, joined, of `length` bytes; one tag after another."""
        if length > BLOCK:
            return b"".join([self._long(joined[at * length : (at + 1) * length]) for at in range(count)])
        blocks = bytearray(BLOCK * count)
        for place in range(length):
            blocks[place::BLOCK] = joined[place::length]
        if length < BLOCK:
            blocks[length::BLOCK] = b"\x80" * count
        return self._encrypt(_xor(blocks, (self._whole if length == BLOCK else self._cut) * count))

    def _long(self, message: bytes) -> bytes:
        """More than a block: each is mixed with what came of those before it."""
        rest = len(message) % BLOCK or BLOCK
        state = bytes(BLOCK)
        for at in range(0, len(message) - rest, BLOCK):
            state = self._encrypt(_xor(state, message[at : at + BLOCK]))
        last = message[-rest:]
        if rest < BLOCK:
            last = (last + b"\x80").ljust(BLOCK, b"\0")
        return self._encrypt(_xor(_xor(state, last), self._whole if rest == BLOCK else self._cut))

    def _encrypt(self, blocks: bytes) -> bytes:
        """An encryptor of its own for each call: two threads must not share one."""
        return self._cipher.encryptor().update(blocks)


def _double(number: int) -> int:
    """Times x in the field of 2^128 elements."""
    doubled = number << 1
    return (doubled & _WHOLE) ^ _REDUCE if doubled > _WHOLE else doubled


def _xor(one: bytes | bytearray, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(other), "big")
