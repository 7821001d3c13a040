"""Every signature we make is verified by somebody else's code, and whatever would weaken it is refused."""

import re
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app.delivery.composing import Outgoing
from app.delivery.dkim import DkimKey, canonical_header, load_keys, public_record, read_key
from app.delivery.models import EditionClass
from app.foundation.errors import Misconfigured
from app.foundation.settings import Settings
from tests.delivery.post import LETTERHEAD, rendered_letter
from tests.delivery.test_message import compose, names, parsed, with_slots, words

RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
BOTH = (DkimKey("dcx.example", "handoff", RSA), DkimKey("dcx.example", "handoff-ed25519", ED25519))
RECORDS = {
    f"{key.selector}._domainkey.{key.domain}.".encode(): public_record(key.key).encode() for key in BOTH
}
SIGNING = replace(LETTERHEAD, dkim=BOTH)


def lookup(name: bytes, timeout: int = 5) -> bytes | None:
    return RECORDS.get(name)


def verified(message: bytes) -> list[bool]:
    """What an independent verifier says of each signature."""
    found = len(re.findall(rb"(?m)^DKIM-Signature:", message))
    verifier = dkim.DKIM(message)

    def holds(number: int) -> bool:
        try:
            return bool(verifier.verify(idx=number, dnsfunc=lookup))
        except dkim.ValidationError:
            return False

    return [holds(number) for number in range(found)]


def whole(outgoing: Outgoing) -> bytes:
    return outgoing.head + outgoing.body


def test_both_signatures_of_a_letter_hold() -> None:
    assert verified(whole(compose(rendered_letter(), SIGNING))) == [True, True]


@settings(deadline=None, max_examples=40)
@given(
    name=names, before=words, after=words, sender=st.sampled_from(["Mark Levy", "Márk Lévy", '"Levy, M."'])
)
def test_a_signature_holds_whatever_stands_in_the_slots(
    name: str, before: str, after: str, sender: str
) -> None:
    signing = replace(SIGNING, dkim=BOTH[:1])
    message = compose(
        with_slots(before, after), signing, first_name=name, sender=f"{sender} <mark@dcx.example>"
    )
    assert verified(whole(message)) == [True]


def test_mail_without_list_headers_is_signed_too() -> None:
    message = compose(rendered_letter(), SIGNING, edition_class=EditionClass.REQUESTED, topic_id=0)
    assert verified(whole(message)) == [True, True]


@pytest.mark.parametrize(
    "forged",
    [
        b"Subject: You have won",
        b"From: Somebody <else@example.com>",
        b"To: everybody@example.com",
        b"List-Unsubscribe: <https://evil.example/>",
        b"Content-Type: text/html",
        b"Reply-To: thief@example.com",
        b"Date: Mon, 1 Jan 2024 00:00:00 +0000",
    ],
)
@pytest.mark.parametrize("at_the_end", [True, False])
def test_a_header_added_on_the_way_breaks_the_signature(forged: bytes, at_the_end: bool) -> None:
    outgoing = compose(rendered_letter(), SIGNING)
    if at_the_end:
        message = outgoing.head[:-2] + forged + b"\r\n\r\n" + outgoing.body
    else:
        message = forged + b"\r\n" + outgoing.head + outgoing.body
    assert not any(verified(message))


def test_a_changed_body_breaks_the_signature() -> None:
    message = whole(compose(rendered_letter(), SIGNING))
    assert not any(verified(message.replace(b"Hello", b"Hallo", 1)))


def test_the_tags_are_those_of_the_standards() -> None:
    header = parsed(compose(rendered_letter(), SIGNING))["DKIM-Signature"]
    tags = dict(tag.strip().split("=", 1) for tag in re.sub(r"\s+", "", header).split(";") if tag.strip())
    assert (tags["v"], tags["a"], tags["c"], tags["d"]) == (
        "1",
        "rsa-sha256",
        "relaxed/relaxed",
        "dcx.example",
    )
    assert "l" not in tags
    signed = tags["h"].split(":")
    for name in (
        "from",
        "to",
        "subject",
        "date",
        "content-type",
        "list-unsubscribe",
        "list-unsubscribe-post",
    ):
        assert signed.count(name) == 2, name
    for name in ("message-id", "mime-version", "list-id", "feedback-id"):
        assert signed.count(name) == 1, name
    assert all(
        len(line) <= 78 for line in compose(rendered_letter(), SIGNING).head.decode().split("\r\n")[:12]
    )


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        (b"A: X ", b"a:X\r\n"),
        (b"B : Y\t\r\n\tZ  ", b"b:Y Z\r\n"),
    ],
)
def test_headers_are_made_canonical_as_in_the_standards_own_example(line: bytes, canonical: bytes) -> None:
    assert canonical_header(line) == canonical  # RFC 6376, 3.4.5


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def with_dkim(folder: Path, **given: object) -> Settings:
    return Settings(data_dir=folder, secret_key=SecretStr("x"), **given)  # type: ignore[arg-type]


def test_without_dkim_nothing_is_signed(tmp_path: Path) -> None:
    assert load_keys(with_dkim(tmp_path)) == ()


def test_keys_are_read_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "rsa.pem").write_bytes(pem(RSA))
    (tmp_path / "ed.pem").write_bytes(pem(ED25519))
    keys = load_keys(
        with_dkim(
            tmp_path,
            dkim_domain="dcx.example",
            dkim_key_file=tmp_path / "rsa.pem",
            dkim_ed25519_key_file=tmp_path / "ed.pem",
        )
    )
    assert [(key.selector, key.algorithm) for key in keys] == [
        ("handoff", "rsa-sha256"),
        ("handoff-ed25519", "ed25519-sha256"),
    ]


def test_a_missing_key_is_a_refusal_to_send(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"HANDOFF_DKIM_KEY_FILE.*cannot be read"):
        load_keys(with_dkim(tmp_path, dkim_domain="dcx.example", dkim_key_file=tmp_path / "gone.pem"))
    with pytest.raises(Misconfigured, match="handoff dkim keygen"):
        load_keys(with_dkim(tmp_path, dkim_domain="dcx.example"))
    with pytest.raises(Misconfigured, match="HANDOFF_DKIM_DOMAIN"):
        load_keys(with_dkim(tmp_path, dkim_key_file=tmp_path / "rsa.pem"))


@pytest.mark.parametrize("bad", [b"", b"not a key", pem(ec.generate_private_key(ec.SECP256R1()))])
def test_a_key_that_cannot_sign_is_a_refusal_to_send(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "bad.pem").write_bytes(bad)
    with pytest.raises(Misconfigured, match="holds no key"):
        load_keys(with_dkim(tmp_path, dkim_domain="dcx.example", dkim_key_file=tmp_path / "bad.pem"))


def test_a_key_of_few_bits_is_refused() -> None:
    with pytest.raises(ValueError, match=r"(?i)key|bits"):
        read_key(
            b"-----BEGIN PRIVATE KEY-----\n"
            b"MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq7BFUpkGp3+LQmlQ\n"
            b"Yx2eqzDV+xeG8kx/sQFV18S5JhzGeIJNA72wSeukEPojtqUyX2J0CciPBh7eqclQ\n"
            b"2zpAswIDAQABAkAgisq4+zRdrzkwH1ITV1vpytnkO/NiHcnePQiOW0VUybPyHoGM\n"
            b"/jf75C5xET7ZQpBe5kx5VHsPZj0CBb3b+wSRAiEA2mPWCBytosIU/ODRfq6EiV04\n"
            b"lt6waE7I2uSPqIC20LcCIQDJQYIHQII+3YaPqyhGgqMexuuuGx+lDKD6/Fu/JwPb\n"
            b"5QIhAKthiYcYKlL9h8bjDsQhZDUACPasjzdsDEdq8inDyLOFAiEAmCr/tZwA3qeA\n"
            b"ZoBzI10DGPIuoKXBd3nk/eBxPkaxlEECICNymjsoI7GldtujVnr1qT+3yedLfHKs\n"
            b"rDVjIT3LsvTw\n"
            b"-----END PRIVATE KEY-----\n"
        )
