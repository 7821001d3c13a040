"""`handoff dkim …`: a key to sign with, and the DNS record that lets receivers check it."""

import os
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.cli.opening import print_json
from app.delivery.dkim import public_record
from app.foundation.errors import Conflict, Misconfigured
from app.foundation.settings import load_settings

RSA_BITS = 2048  # S14: longer ones do not fit one DNS answer everywhere


@click.group("dkim")
def command() -> None:
    """Sign mail, so that receivers know that it is ours."""


@command.command("keygen")
@click.option("--domain", help="Who signs; the domain of the sender's address. Default: HANDOFF_DKIM_DOMAIN.")
@click.option("--selector", help="Names the key in DNS. Default: HANDOFF_DKIM_SELECTOR.")
@click.option("--type", "kind", type=click.Choice(["rsa", "ed25519"]), default="rsa", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: dkim/ in the data directory."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def keygen(domain: str | None, selector: str | None, kind: str, out: Path | None, as_json: bool) -> None:
    """Make a key and print the TXT record to publish. An existing key is never overwritten."""
    settings = load_settings()
    domain = domain or settings.dkim_domain
    if not domain:
        raise Misconfigured("is not set", field="HANDOFF_DKIM_DOMAIN", hint="Or say --domain example.com.")
    selector = selector or (settings.dkim_selector if kind == "rsa" else settings.dkim_ed25519_selector)
    out = out or settings.data_dir / "dkim" / f"{selector}.{domain}.pem"
    key = _make(kind)
    _write(out, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    name, record = f"{selector}._domainkey.{domain}", public_record(key)
    variable = "HANDOFF_DKIM_KEY_FILE" if kind == "rsa" else "HANDOFF_DKIM_ED25519_KEY_FILE"
    if as_json:
        print_json({"file": str(out), "setting": variable, "name": name, "type": "TXT", "record": record})
        return
    click.echo(
        f"The key is in {out}; keep it secret. Set {variable} to it and HANDOFF_DKIM_DOMAIN to {domain}.\n"
    )
    click.echo(
        f"Publish this record, wait until it can be seen, then check it with `handoff doctor`:\n\n{name}. IN TXT ("
    )
    for at in range(0, len(record), 250):  # RFC 1035, 3.3: a string in a TXT record holds 255 octets
        click.echo(f'  "{record[at : at + 250]}"')
    click.echo(")")


def _make(kind: str) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ed25519.Ed25519PrivateKey.generate()


def _write(path: Path, pem: bytes) -> None:
    """Readable by nobody else. Raises Conflict when there is a key already: mail signed with it may be under way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(
            f"There is a key in {path} already.", hint="Use another --selector or --out."
        ) from error
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error}", field="--out") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
