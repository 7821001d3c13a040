"""One canonical form per mail address, and the hash that outlives its erasure."""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from typing import Final

from email_validator import EmailNotValidError, validate_email

from app.foundation.errors import InvalidInput

MAX_TYPED = 320


@dataclass(frozen=True)
class Address:
    """`typed` is what we write to (NFC, A-label domain kept as typed); `canonical` is the identity."""

    typed: str
    canonical: str

    @property
    def domain(self) -> str:
        return self.canonical.rpartition("@")[2]


def parse_address(raw: str, *, field: str = "email") -> Address:
    """Validate and canonicalise: case folded, NFC, IDNA 2008 domain.

    Dot and plus variants stay distinct readers (A6): only the abuse limits fold them, see `abuse_key`.
    Raises InvalidInput: quoted local parts, address literals, over-long parts, lists and control characters (A1, A7).
    """
    if len(raw) > MAX_TYPED:
        raise InvalidInput("That address is too long to be one.", field=field)
    text = unicodedata.normalize("NFC", raw.strip())
    if any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} for char in text):
        raise InvalidInput("An address cannot contain line breaks or invisible characters.", field=field)
    try:
        parsed = validate_email(
            text,
            check_deliverability=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            strict=True,
        )
    except EmailNotValidError as error:
        raise InvalidInput(
            "That does not look like a mail address.", field=field, hint="Write it like ada@example.com."
        ) from error
    local = unicodedata.normalize("NFC", parsed.local_part.casefold())
    return Address(
        typed=f"{parsed.local_part}@{parsed.ascii_domain}", canonical=f"{local}@{parsed.ascii_domain.lower()}"
    )


def address_hash(canonical: str, key: bytes) -> str:
    """HMAC-SHA-256 in hex: enough to recognise an erased address, useless without the key."""
    return hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()


_DOTLESS: Final = frozenset(
    {"gmail.com", "googlemail.com", "proton.me", "protonmail.com", "protonmail.ch", "pm.me"}
)
"""Here every way of setting dots reaches the same person; elsewhere ann.lee and annlee may be two."""


def ignores_dots(address: Address) -> bool:
    """Is it known that dots in the local part make no difference at this domain?"""
    return address.domain in _DOTLESS


def untagged(address: Address) -> str:
    """The address without what follows a plus sign, its dots as they are."""
    local, _, domain = address.canonical.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def abuse_key(address: Address) -> str:
    """The mailbox behind dot and plus variants, for rate limits only."""
    local, _, domain = address.canonical.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"
