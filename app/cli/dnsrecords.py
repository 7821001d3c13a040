"""What must stand in DNS so that mail is believed: SPF, DKIM, DMARC, and a way back for bounces and replies.

Pure of any network: the caller hands in how to look up, so that every verdict can be tested.
"""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app.cli.findings import Finding, bad, good, skipped, warning

Lookup = Callable[[str, str], list[str]]
"""Name and record type -> the records as text, [] when there are none. Raises NoAnswer."""


class NoAnswer(Exception):
    """No resolver, or none that answers: nothing can be said about the names."""


@dataclass(frozen=True)
class Names:
    """The domains an installation mails with. Empty strings where none is set."""

    sender: str
    bounce: str
    reply: str
    dkim: str
    selector: str
    dkim_key: bytes = b""


def examine_names(names: Names, lookup: Lookup) -> list[Finding]:
    """A finding for each record that ought to be there."""
    try:
        return list(_examine(names, lookup))
    except NoAnswer as error:
        return [skipped("dns", f"no name could be looked up: {error}")]


def _examine(names: Names, lookup: Lookup) -> Iterator[Finding]:
    return_path = names.bounce or names.sender
    yield spf(return_path, lookup)
    yield dkim(names.dkim or names.sender, names.selector, names.dkim_key, lookup)
    yield dmarc(names.sender, lookup)
    yield aligned(names.sender, return_path)
    for name, domain in (("return path", names.bounce), ("reply path", names.reply)):
        if domain:
            yield way_back(name, domain, lookup)


def spf(domain: str, lookup: Lookup) -> Finding:
    """RFC 7208: exactly one record at the domain of the return path, and not open to everybody."""
    records = [record for record in lookup(domain, "TXT") if re.match(r"v=spf1(\s|$)", record, re.I)]
    if not records:
        return bad(
            "spf",
            f"{domain} has no SPF record, so nobody can tell your relay from a forger",
            f'Add a TXT record at {domain}: "v=spf1 include:<the name your relay gives you> -all"',
        )
    if len(records) > 1:
        return bad(
            "spf",
            f"{domain} has {len(records)} SPF records, which counts as a broken one (RFC 7208, 4.5)",
            "Join them into one TXT record.",
        )
    if re.search(r"(^|\s)\+?all\b", records[0], re.I):
        return bad("spf", f"{domain} lets anybody send: {records[0]}", 'End it with "-all" or "~all".')
    return good("spf", f"{domain}: {records[0]}")


def dkim(domain: str, selector: str, key: bytes, lookup: Lookup) -> Finding:
    """RFC 6376: the public half of our key stands at the selector."""
    name = f"{selector}._domainkey.{domain}"
    if not key:
        return warning(
            "dkim",
            f"no key of ours to compare with DNS, so the relay has to sign for {domain}",
            f"Have your relay sign with {domain} (d={domain}), and publish the record that it gives you.",
        )
    kind, ours = _public_half(key)
    published = {
        re.sub(r"\s", "", found[1])
        for record in lookup(name, "TXT")
        if (found := re.search(r"(?:^|;)\s*p=([^;]*)", record))
    }
    if ours in published:
        return good("dkim", f"{name} holds our key")
    what = "holds another key" if published else "is missing"
    return bad("dkim", f"{name} {what}", f'Publish a TXT record there: "v=DKIM1; k={kind}; p={ours}"')


def _public_half(pem: bytes) -> tuple[str, str]:
    """The kind of key and what stands after p=; an Ed25519 key stands there bare (RFC 8463, 4.2)."""
    public = load_pem_private_key(pem, password=None).public_key()
    if isinstance(public, Ed25519PublicKey):
        return "ed25519", base64.b64encode(public.public_bytes_raw()).decode()
    return "rsa", base64.b64encode(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()


def dmarc(domain: str, lookup: Lookup) -> Finding:
    """RFC 9989: a policy at the domain of From or at one above it."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        name = "_dmarc." + ".".join(labels[start:])
        for record in lookup(name, "TXT"):
            if re.match(r"v=DMARC1\s*(;|$)", record):
                return good("dmarc", f"{name}: {record}")
    return bad(
        "dmarc",
        f"{domain} has no DMARC policy, which the large mailbox providers ask of bulk senders",
        f'Add a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:dmarc@{domain}"',
    )


def aligned(sender: str, return_path: str) -> Finding:
    """SPF counts for DMARC only when the return path shares the organisational domain of From (relaxed)."""
    one, other = sender.lower(), return_path.lower()
    if one == other or one.endswith("." + other) or other.endswith("." + one):
        return good("alignment", f"{return_path} is aligned with {sender}")
    if one.split(".")[-2:] == other.split(".")[-2:]:
        return good("alignment", f"{return_path} and {sender} share a domain")
    return warning(
        "alignment",
        f"bounces go to {return_path}, mail comes from {sender}: SPF will not count for DMARC",
        f"Set HANDOFF_BOUNCE_DOMAIN to a domain below {sender}, and sign with DKIM.",
    )


def way_back(name: str, domain: str, lookup: Lookup) -> Finding:
    """Mail to the domain finds a server: MX, or an address of its own (RFC 5321, 5.1)."""
    servers = lookup(domain, "MX")
    if any(server.split()[-1] == "." for server in servers):
        return bad(
            name, f"{domain} says that it takes no mail (null MX)", "Point its MX to your mail-in server."
        )
    if servers or lookup(domain, "A") or lookup(domain, "AAAA"):
        return good(name, f"{domain} is served by {', '.join(servers) or 'its own address'}")
    return bad(
        name,
        f"mail to {domain} finds no server, so bounces and replies are lost",
        f"Add an MX record at {domain} that points to your mail-in server.",
    )
