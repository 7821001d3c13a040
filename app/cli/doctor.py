"""`handoff doctor`: what is wrong with this installation and how to mend it."""

import dataclasses
import sys

import click
import dns.exception
import dns.resolver
from sqlalchemy.exc import SQLAlchemyError

from app.cli.dnsrecords import Names, NoAnswer, examine_names
from app.cli.examination import examine_machine
from app.cli.findings import Finding, Health, bad, good, skipped
from app.cli.opening import print_json
from app.foundation.errors import HandoffError
from app.foundation.settings import check_start, load_settings
from app.publication.models import Publication
from app.wiring import Runtime, build_runtime

SIGNS = {Health.GOOD: "ok", Health.WARNING: "!!", Health.BAD: "NO", Health.SKIPPED: "--"}
RESERVED = ("example", "example.com", "example.net", "example.org", "test", "invalid", "localhost")
DNS_SECONDS = 5.0


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(as_json: bool) -> None:
    """Look at settings, database, queue, relay, DNS, clock and disk; ends with 1 when something is wrong."""
    findings = examine()
    healthy = all(finding.health is not Health.BAD for finding in findings)
    if as_json:
        print_json({"ok": healthy, "findings": [dataclasses.asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.health]}  {finding.name}: {finding.detail}")
            if finding.remedy:
                click.echo(f"      {finding.remedy}")
    sys.exit(0 if healthy else 1)


def examine() -> list[Finding]:
    """All findings; when the settings are unusable, that one alone."""
    given = click.get_current_context().find_object(Runtime)
    try:
        settings = given.settings if given else load_settings()
        check_start(settings)
        here = given or build_runtime(settings)
    except HandoffError as error:
        return [
            bad("settings", f"{error.field}: {error.message}", error.hint or "Correct it and look again.")
        ]
    return [good("settings", "complete"), *examine_machine(here), *examine_dns(here)]


def examine_dns(here: Runtime) -> list[Finding]:
    """The records of the domains this installation mails with."""
    sender = _sender_domain(here)
    if not sender:
        return [skipped("dns", "the publication has no sender yet")]
    if (
        here.settings.is_loopback
        or sender.endswith(tuple(f".{name}" for name in RESERVED))
        or sender in RESERVED
    ):
        return [skipped("dns", f"{sender} is not mailed from here")]
    settings = here.settings
    key = settings.dkim_key_file
    names = Names(
        sender=sender,
        bounce=settings.bounce_domain,
        reply=settings.reply_domain,
        dkim=settings.dkim_domain,
        selector=settings.dkim_selector,
        dkim_key=key.read_bytes() if key and key.is_file() else b"",
    )
    return examine_names(names, look_up)


def _sender_domain(here: Runtime) -> str:
    try:
        with here.database.reading() as session:
            publication = session.get(Publication, 1)
            return publication.sender_address.rpartition("@")[2].lower() if publication else ""
    except SQLAlchemyError:
        return ""


def look_up(name: str, kind: str) -> list[str]:
    """Records by the machine's own resolver, TXT joined as DNS means it. Raises NoAnswer."""
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=DNS_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    if kind == "TXT":
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
    return [record.to_text() for record in answer]
