"""What `handoff doctor` looks at on this machine: settings, database, queue, workers, clock, relay, files, disk."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

import redis
from rq import Worker
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.cli.findings import Finding, bad, good, warning
from app.delivery.holds import CLOCK
from app.delivery.installation import standing_of
from app.delivery.models import Hold, InstallationState
from app.delivery.ses import SesAccount, open_client, parse_ses
from app.delivery.smtp import connect
from app.delivery.transport import RelayAway, relays_of
from app.foundation.clock import system_clock
from app.foundation.errors import HandoffError
from app.foundation.migrations import is_current
from app.wiring import Runtime
from worker.preflight import LEAST_FREE, check_writable

RELAY_SECONDS = 5.0
CLOCK_LATE = timedelta(minutes=3)
CLOCKS_APART = timedelta(seconds=5)
COMFORTABLE = 16 * LEAST_FREE


def examine_machine(here: Runtime) -> list[Finding]:
    """Every finding in a fixed order; a check that breaks is itself a finding."""
    checks: tuple[tuple[str, Callable[[Runtime], Finding]], ...] = (
        ("address", address),
        ("database", database),
        ("queue", queue),
        ("installation", installation),
        ("workers", workers),
        ("clock", clock),
        ("machine clock", machine_clock),
        ("storage", storage),
        ("disk", disk),
    )
    found = []
    for name, check in checks:
        try:
            found.append(check(here))
        except (HandoffError, SQLAlchemyError, redis.RedisError, OSError) as error:
            found.append(
                bad(name, f"could not be looked at: {error}", "Mend what is named before this line first.")
            )
    return found + relays(here)


def address(here: Runtime) -> Finding:
    """The base URL is what readers' mail programs will follow."""
    settings = here.settings
    if settings.is_loopback:
        return warning(
            "address",
            f"{settings.base_url} can be reached from this machine only",
            "Set HANDOFF_BASE_URL to the public address before you mail anybody.",
        )
    if not settings.base_url.startswith("https://"):
        return bad(
            "address",
            f"{settings.base_url} is not https, which one-click unsubscribing asks for (RFC 8058)",
            "Put TLS in front and set HANDOFF_BASE_URL to the https address.",
        )
    return good("address", settings.base_url)


def database(here: Runtime) -> Finding:
    engine = here.database.engine
    try:
        with here.database.reading() as session:
            version = session.scalar(
                text("SHOW server_version" if here.settings.is_postgresql else "SELECT sqlite_version()")
            )
        current = is_current(engine)
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        return bad("database", f"does not answer: {cause}", "Start it, or correct HANDOFF_DATABASE_URL.")
    name = f"{'PostgreSQL' if here.settings.is_postgresql else 'SQLite'} {version}"
    if not current:
        return bad("database", f"{name} does not have today's tables", "Run: handoff migrate")
    return good("database", f"{name}, tables up to date")


def queue(here: Runtime) -> Finding:
    try:
        policy = here.redis.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    except redis.ResponseError:
        policy = "noeviction"  # a hosted Redis may hide its configuration
        here.redis.ping()
    except redis.RedisError as error:
        return bad(
            "queue",
            f"does not answer: {error}. Mail waits for the next tick of the clock",
            "Start it, or correct HANDOFF_REDIS_URL. `handoff up` brings its own.",
        )
    if policy != "noeviction":
        return warning(
            "queue",
            f"throws rings away when its memory is full ({policy})",
            "Set maxmemory-policy to noeviction.",
        )
    return good("queue", "answers and keeps every ring")


def installation(here: Runtime) -> Finding:
    """Does it send, or is it a copy or an old backup that asks?"""
    with here.database.reading() as session:
        standing = standing_of(session)
    if standing.state is InstallationState.HELD:
        return bad(
            "installation",
            f"sends nothing until you have answered. {standing.reason}",
            "Answer in the studio under “Is this the real one?”, or with: handoff installation",
        )
    if standing.state is InstallationState.QUIET:
        return warning("installation", "is a copy and stays quiet", "handoff installation go-on ends that.")
    return good("installation", "is the one that sends")


def workers(here: Runtime) -> Finding:
    count = len(Worker.all_keys(connection=here.redis))
    if not count:
        return bad(
            "workers", "none is running, so nothing is sent", "Start `handoff up`, or `handoff worker`."
        )
    return good("workers", f"{count} running")


def clock(here: Runtime) -> Finding:
    """The process that asks each minute what is due."""
    with here.database.reading() as session:
        ticked = session.scalar(select(Hold.taken_at).where(Hold.name == CLOCK))
    now = here.clock()
    if ticked is None or now - ticked > CLOCK_LATE:
        since = f"since {ticked:%Y-%m-%d %H:%M} UTC" if ticked else "yet"
        return bad(
            "clock",
            f"has not ticked {since}, so nothing scheduled goes out",
            "Start `handoff up`, or `handoff clock`.",
        )
    return good("clock", f"ticked {max(0, (now - ticked).seconds)} s ago")


def machine_clock(here: Runtime) -> Finding:
    """This machine against the queue's, which is another one where it matters."""
    seconds, microseconds = here.redis.time()
    theirs = datetime.fromtimestamp(seconds + microseconds / 1e6, tz=system_clock().tzinfo)
    apart = abs(system_clock() - theirs)
    if apart > CLOCKS_APART:
        return bad(
            "machine clock",
            f"differs by {apart.total_seconds():.0f} s from the queue's machine",
            "Let both machines keep their time by NTP.",
        )
    return good("machine clock", f"{system_clock():%Y-%m-%d %H:%M:%S} UTC")


def storage(here: Runtime) -> Finding:
    """Write a file, read it, remove it."""
    key = "doctor/probe"
    try:
        here.storage.put(key, b"probe")
        same = here.storage.get(key) == b"probe"
        here.storage.delete(key)
    except Exception as error:  # each kind of storage has errors of its own
        return bad(
            "storage", f"cannot keep files: {error}", "Correct HANDOFF_STORAGE_URL or its permissions."
        )
    if not same:
        return bad("storage", "gives back other bytes than it was given", "Do not use it.")
    return good("storage", here.settings.storage)


def disk(here: Runtime) -> Finding:
    check_writable(here.settings.data_dir)
    free = shutil.disk_usage(here.settings.data_dir).free
    said = f"{free / 1024**3:.1f} GB free in {here.settings.data_dir.resolve()}"
    if free < COMFORTABLE:
        return warning("disk", said, "Make room: raw mail, the database and backups grow.")
    return good("disk", said)


def ses(account: SesAccount) -> Finding:
    """Ask Amazon whether this account may send, and how much."""
    name = f"relay {account.name}"
    try:
        said = open_client(account).get_account()
    except HandoffError:
        raise
    except Exception as error:  # whatever Amazon's library raises
        return bad(name, str(error), "Look at the AWS_ variables, the region, and the rights of this key.")
    quota = said.get("SendQuota", {})
    if not said.get("SendingEnabled", False):
        return bad(name, "Amazon has switched off sending for this account", "Look at the SES console.")
    if not said.get("ProductionAccessEnabled", True):
        return warning(
            name, "is in the sandbox: only verified addresses get mail", "Ask Amazon for production access."
        )
    return good(
        name,
        f"answers; {quota.get('MaxSendRate', 0):.0f} a second, {quota.get('Max24HourSend', 0):.0f} a day",
    )


def relays(here: Runtime) -> list[Finding]:
    """Connect, encrypt and log in to each relay, as sending would."""
    if here.settings.smtp_url.startswith("ses://"):
        return [ses(parse_ses(here.settings.smtp_url))]
    found = []
    for relay in relays_of(here.settings):
        name = f"relay {relay.name}"
        try:
            connect(relay, seconds=RELAY_SECONDS).quit()
        except (RelayAway, OSError) as error:
            found.append(
                bad(
                    name,
                    str(error),
                    "Correct HANDOFF_SMTP_URL, or ask the relay's operator; mail waits meanwhile.",
                )
            )
            continue
        if relay.tls == "none" and not here.settings.catcher_allowed:
            found.append(warning(name, "answers without encryption", "Use ?tls=starttls or ?tls=implicit."))
        else:
            found.append(good(name, f"answers ({relay.tls if relay.tls != 'none' else 'no encryption'})"))
    return found
