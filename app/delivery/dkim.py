"""DKIM signatures (RFC 6376, 8301, 8463): relaxed/relaxed, never `l=`, oversigned where forgers would add a header.

Our bodies are written in their canonical form (delivery.quoted) and the header's canonical form is compiled once per
Edition, so that a message costs one hash of its body and one RSA operation.
"""

import base64
import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from app.foundation.errors import Misconfigured
from app.foundation.settings import Settings

SIGNED: Final = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-help",
    b"list-owner",
    b"list-archive",
    b"list-post",
    b"feedback-id",
    b"auto-submitted",
    b"in-reply-to",
    b"references",
)
"""Signed when they are there (RFC 6376, 5.4.1)."""

OVERSIGNED: Final = (
    *(b"from", b"to", b"subject", b"date", b"reply-to", b"content-type"),
    *(b"list-unsubscribe", b"list-unsubscribe-post"),
)
"""Named once more than they occur, so that adding one breaks the signature (RFC 6376, 8.15)."""

MIN_BITS: Final = 1024
_WSP: Final = re.compile(rb"[ \t\r\n]+")


@dataclass(frozen=True)
class DkimKey:
    """One key and where receivers find its public half: `selector`._domainkey.`domain`."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519-sha256"

    def sign(self, signed: bytes) -> bytes:
        digest = sha256(signed).digest()  # hashlib's is quicker than the signing library's own
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(digest, _PADDING, _SHA256)
        return self.key.sign(digest)  # RFC 8463, 3


_PADDING: Final = padding.PKCS1v15()
_SHA256: Final = Prehashed(hashes.SHA256())


class Seal:
    """Makes the DKIM-Signature lines of one Edition's messages; `names` are its header names, lower case, in order."""

    def __init__(self, keys: Sequence[DkimKey], names: Sequence[bytes]) -> None:
        fields = b":".join(signed_names(names))
        self._parts: list[tuple[Callable[[bytes], bytes], bytes, bytes]] = []
        for key in keys:
            how = f"v=1; a={key.algorithm}; c=relaxed/relaxed;".encode()
            where = f" d={key.domain}; s={key.selector};".encode()
            folded = b":\r\n  ".join(_lines(fields))
            wire = b"DKIM-Signature: " + how + b"\r\n" + where + b"\r\n h=" + folded + b";\r\n bh="
            canonical = b"dkim-signature:" + how + where + b" h=" + b": ".join(_lines(fields)) + b"; bh="
            self._parts.append((key.sign, wire, canonical))

    def lines(self, canonical_headers: bytes, body: bytes) -> bytes:
        """One header line for each key, with their CRLF. Both arguments are in their canonical form."""
        digest = b2a_base64(sha256(body).digest(), newline=False)
        lines = []
        for sign, wire, canonical in self._parts:
            signature = b2a_base64(sign(canonical_headers + canonical + digest + b"; b="), newline=False)
            folded = b"\r\n  ".join(signature[at : at + 72] for at in range(0, len(signature), 72))
            lines.append(wire + digest + b";\r\n b=" + folded + b"\r\n")
        return b"".join(lines)


def signed_names(names: Sequence[bytes]) -> list[bytes]:
    """The names of the h= tag for a message with these headers, in the order in which they are hashed."""
    present = [name for name in SIGNED for _ in range(list(names).count(name))]
    return present + list(OVERSIGNED)


def canonical_header(line: bytes) -> bytes:
    """`Name: value` in relaxed form with its CRLF (RFC 6376, 3.4.2)."""
    name, _, value = line.partition(b":")
    return name.strip().lower() + b":" + canonical_value(value) + b"\r\n"


def canonical_value(value: bytes) -> bytes:
    """A header's value unfolded, every run of blanks as one."""
    return _WSP.sub(b" ", value).strip()


def load_keys(settings: Settings) -> tuple[DkimKey, ...]:
    """The keys that the settings name; none when DKIM is not set up at all.

    Raises Misconfigured when it is set up and cannot be done: unsigned mail would be taken for a forgery.
    """
    files = [(settings.dkim_key_file, settings.dkim_selector, "HANDOFF_DKIM_KEY_FILE")]
    files.append(
        (settings.dkim_ed25519_key_file, settings.dkim_ed25519_selector, "HANDOFF_DKIM_ED25519_KEY_FILE")
    )
    given = [(path, selector, field) for path, selector, field in files if path is not None]
    if not given and not settings.dkim_domain:
        return ()
    if not settings.dkim_domain:
        raise Misconfigured("is not set, but there is a DKIM key", field="HANDOFF_DKIM_DOMAIN")
    if not given:
        raise Misconfigured(
            "is not set, but mail is to be signed",
            field="HANDOFF_DKIM_KEY_FILE",
            hint="Make a key with: handoff dkim keygen",
        )
    keys = []
    for path, selector, field in given:
        try:
            keys.append(DkimKey(settings.dkim_domain, selector, read_key(path.read_bytes())))
        except OSError as error:
            raise Misconfigured(f"cannot be read: {error}", field=field) from error
        except ValueError as error:
            raise Misconfigured(f"{path} holds no key to sign with: {error}", field=field) from error
    return tuple(keys)


def read_key(pem: bytes) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    """A private key in PEM. Raises ValueError for what cannot sign or receivers would not believe (RFC 8301, 3.2)."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("neither RSA nor Ed25519")
    if key.key_size < MIN_BITS:
        raise ValueError(f"{key.key_size} bits are too few")
    return key


def public_record(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    """The TXT record that belongs to a key (RFC 6376, 3.6.1; RFC 8463, 4)."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        kind = "rsa"
        raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        kind = "ed25519"
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode()}"


def _lines(fields: bytes) -> list[bytes]:
    """The h= tag in lines of at most some 70 characters, broken after a colon."""
    lines = [b""]
    for name in fields.split(b":"):
        if len(lines[-1]) + len(name) > 68:
            lines.append(b"")
        lines[-1] += (b":" if lines[-1] else b"") + name
    return lines
