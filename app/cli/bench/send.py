"""`handoff bench send`: a letter to N readers through ledger, queue, workers and SMTP, to a relay that is running."""

import itertools
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import func, select

from app.cli.bench.house import House, bench_house, peak_of
from app.cli.bench.letter import add_bench_readers, freeze_bench_letter
from app.cli.opening import print_json
from app.delivery.editions import composer_of, get_edition
from app.delivery.ledger import count, open_ledger
from app.delivery.letterhead import letterhead_of
from app.delivery.models import Chunk, Delivery, Edition, EditionState
from app.delivery.readers import Deliveries, readers_of
from app.foundation.db import table_of
from app.foundation.errors import Unavailable

POLL_SECONDS = 0.04
GLANCES_A_LOOK = 5


@dataclass(frozen=True)
class Measured:
    """What a run came to.

    `seconds` and `cpu_us_per_message` are those of sending: from the first claim to the last durable outcome, in all
    workers, with composing, leases, outcomes and the start of every helper. Opening the ledger and the gate come
    before that and have seconds of their own; `whole_…` counts them too, and the first job's start with them.
    """

    messages: int
    bytes_per_message: int
    workers: int
    seconds: float
    per_second: float
    ledger_seconds: float
    gate_seconds: float
    whole_seconds: float
    cpu_us_per_message: float
    whole_cpu_us_per_message: float
    worker_peak_mb: float


@dataclass
class Watched:
    """What was seen while the letter went out."""

    ended: datetime
    cpu_at_gate: float | None = None
    peak_kb: int = 0


@click.command("send")
@click.option("--relay", required=True, help="HOST:PORT of a relay that is running.")
@click.option("--recipients", default=10_000, show_default=True)
@click.option("--connections", default=8, show_default=True, help="Over all workers.")
@click.option("--workers", default=2, show_default=True)
@click.option("--dkim", type=click.Choice(["none", "rsa2048"]), default="none", show_default=True)
@click.option("--database", default="", help="A PostgreSQL server's URL; SQLite when absent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(
    relay: str, recipients: int, connections: int, workers: int, dkim: str, database: str, as_json: bool
) -> None:
    """Send a letter of 58 KB with 50 links to N readers, and say how long it took."""
    overrides: dict[str, object] = {
        "smtp_url": f"smtp://{relay}?tls=none",
        "smtp_connections": max(1, connections // workers),
        "base_url": "https://letters.example.com",
        "reply_domain": "reply.example.com",
        "bounce_domain": "bounce.example.com",
    }
    with TemporaryDirectory() as folder:
        if dkim == "rsa2048":
            overrides |= {"dkim_domain": "example.com", "dkim_key_file": make_key(Path(folder) / "dkim.pem")}
        with bench_house(database, overrides, workers) as house:
            measured = measure(house, recipients)
    if as_json:
        print_json(asdict(measured))
        return
    for name, value in asdict(measured).items():
        click.echo(f"{name:20} {value}")


def make_key(path: Path) -> Path:
    """A fresh RSA key of 2048 bits."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def measure(house: House, recipients: int) -> Measured:
    """Freeze, open, send, and read the times from the ledger itself."""
    runtime = house.runtime
    with runtime.database.writing() as session:
        add_bench_readers(session, runtime.clock(), recipients)
    with runtime.database.writing() as session:
        edition_id = freeze_bench_letter(session, runtime.clock(), runtime.settings).id
    cpu = house.cpu_seconds()
    began = time.monotonic()
    with runtime.database.writing() as session:
        open_ledger(session, runtime.clock(), edition_id)
    ledger_seconds = time.monotonic() - began
    watched = _watch_until_sent(house, edition_id)
    with runtime.database.reading() as session:
        edition = get_edition(session, edition_id)
        counts = count(session, edition_id)
        first = session.scalars(select(func.min(Chunk.leased_at)).where(Chunk.edition_id == edition_id)).one()
        gated, opened = edition.gated_at, edition.opened_at
    if gated is None or opened is None or first is None or counts.accepted != recipients:
        raise Unavailable(f"The letter did not get through: {counts}")
    seconds = (watched.ended - first).total_seconds()
    cpu_at_end = _cpu_when_idle(house)
    cpu_at_gate = cpu if watched.cpu_at_gate is None else watched.cpu_at_gate
    return Measured(
        messages=counts.accepted,
        bytes_per_message=_size(house, edition_id),
        workers=len(house.workers),
        seconds=round(seconds, 3),
        per_second=round(counts.accepted / seconds, 1),
        ledger_seconds=round(ledger_seconds, 3),
        gate_seconds=round((gated - opened).total_seconds() - ledger_seconds, 3),
        whole_seconds=round((watched.ended - opened).total_seconds(), 3),
        cpu_us_per_message=round((cpu_at_end - cpu_at_gate) / counts.accepted * 1e6, 1),
        whole_cpu_us_per_message=round((cpu_at_end - cpu) / counts.accepted * 1e6, 1),
        worker_peak_mb=round(watched.peak_kb / 1024, 1),
    )


def _watch_until_sent(house: House, edition_id: int) -> Watched:
    """Look on until the last outcome is seen to be there; seldom at what costs more than a glance, because whoever
    looks on has no core of its own."""
    runtime = house.runtime
    watched = Watched(ended=runtime.clock())
    columns = table_of(Edition).c
    glance = select(columns.state, columns.trouble, columns.gated_at).where(columns.id == edition_id)
    with runtime.database.engine.connect() as connection:
        for number in itertools.count():
            state, trouble, gated = connection.execute(glance).one()
            connection.rollback()
            if gated is not None and watched.cpu_at_gate is None:
                watched.cpu_at_gate = house.cpu_until_now()
            if number % GLANCES_A_LOOK == 0:
                watched.peak_kb = max([watched.peak_kb, *map(peak_of, house.jobs())])
            if state is EditionState.DONE:
                break
            if state is not EditionState.SENDING or trouble or any(worker.poll() for worker in house.workers):
                raise Unavailable(f"Sending came to an end: {state.value} {trouble}")
            time.sleep(POLL_SECONDS)
    watched.ended = runtime.clock()
    return watched


def _cpu_when_idle(house: House) -> float:
    """A job's CPU is only counted once its process has been waited for."""
    deadline = time.monotonic() + 30
    while house.busy() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return house.cpu_seconds()


def _size(house: House, edition_id: int) -> int:
    """Bytes of one message on the wire, without the final dot."""
    runtime = house.runtime
    with runtime.database.reading() as session:
        edition = get_edition(session, edition_id)
        composer = composer_of(session, edition, letterhead_of(runtime.settings, runtime.signer))
        first = session.scalars(select(func.min(Delivery.id)).where(Delivery.edition_id == edition_id)).one()
        outgoing = composer.compose_for(
            readers_of(
                session, edition.edition_class, edition.topic_id, Deliveries(edition_id, first, first)
            )[0]
        )
    return len(outgoing.head) + len(outgoing.body)
