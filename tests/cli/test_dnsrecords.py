"""The doctor reads DNS records the way mailbox providers do and says what to publish."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.cli.dnsrecords import Lookup, Names, NoAnswer, aligned, dkim, dmarc, examine_names, spf, way_back
from app.cli.findings import Health

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


def zone(**records: list[str]) -> Lookup:
    """Look-ups in a made-up zone: `zone(**{"TXT example.org": ["v=spf1 -all"]})`."""
    return lambda name, kind: records.get(f"{kind} {name}", [])


@pytest.mark.parametrize(
    ("records", "health", "words"),
    [
        (["v=spf1 include:relay.example -all"], Health.GOOD, "v=spf1"),
        (["google-site-verification=x"], Health.BAD, "no SPF record"),
        (["v=spf1 -all", "v=spf1 a -all"], Health.BAD, "2 SPF records"),
        (["v=spf1 +all"], Health.BAD, "anybody"),
        (["v=spf1 mx all"], Health.BAD, "anybody"),
        (["v=spf10 -all"], Health.BAD, "no SPF record"),
    ],
)
def test_spf_is_one_record_that_is_not_open(records: list[str], health: Health, words: str) -> None:
    finding = spf("example.org", zone(**{"TXT example.org": records}))
    assert finding.health is health
    assert words in finding.detail
    assert bool(finding.remedy) == (health is not Health.GOOD)


def test_dkim_wants_the_public_half_of_our_key() -> None:
    name = "TXT handoff._domainkey.example.org"
    halves = PUBLIC[:200] + " " + PUBLIC[200:]
    published = zone(**{name: [f"v=DKIM1; k=rsa; p={halves}"]})
    assert dkim("example.org", "handoff", PEM, published).health is Health.GOOD
    other = dkim("example.org", "handoff", PEM, zone(**{name: ["v=DKIM1; p=AAAA"]}))
    assert (other.health, other.detail) == (
        Health.BAD,
        "handoff._domainkey.example.org holds another key",
    )
    missing = dkim("example.org", "handoff", PEM, zone())
    assert missing.health is Health.BAD
    assert PUBLIC in missing.remedy
    assert dkim("example.org", "handoff", b"", zone()).health is Health.WARNING


def test_dmarc_may_stand_at_a_domain_above() -> None:
    above = zone(**{"TXT _dmarc.example.org": ["v=DMARC1; p=quarantine"]})
    assert dmarc("letters.example.org", above).health is Health.GOOD
    assert dmarc("letters.example.org", zone(**{"TXT _dmarc.org": ["v=DMARC1; p=none"]})).health is Health.BAD
    assert "_dmarc.example.org" in dmarc("example.org", zone()).remedy


def test_the_return_path_must_be_aligned_for_spf_to_count() -> None:
    assert aligned("example.org", "bounces.example.org").health is Health.GOOD
    assert aligned("letters.example.org", "bounces.example.org").health is Health.GOOD
    assert aligned("example.org", "bounces.relay.example").health is Health.WARNING


def test_bounces_need_a_way_back() -> None:
    domain = "bounces.example.org"
    assert (
        way_back("return path", domain, zone(**{f"MX {domain}": ["10 in.example.org."]})).health
        is Health.GOOD
    )
    assert way_back("return path", domain, zone(**{f"A {domain}": ["192.0.2.1"]})).health is Health.GOOD
    assert way_back("return path", domain, zone(**{f"MX {domain}": ["0 ."]})).health is Health.BAD
    assert way_back("return path", domain, zone()).health is Health.BAD


def test_without_a_resolver_nothing_is_claimed() -> None:
    def nobody(_name: str, _kind: str) -> list[str]:
        raise NoAnswer("no resolver is configured")

    names = Names("example.org", "bounces.example.org", "", "", "handoff")
    [finding] = examine_names(names, nobody)
    assert finding.health is Health.SKIPPED
    assert "no resolver is configured" in finding.detail


def test_every_record_is_looked_at() -> None:
    names = Names("example.org", "bounces.example.org", "reply.example.org", "", "handoff", PEM)
    found = [finding.name for finding in examine_names(names, zone())]
    assert found == ["spf", "dkim", "dmarc", "alignment", "return path", "reply path"]
