"""`handoff bench ledger`: opening the ledger for N readers, against a bare INSERT … SELECT of as many rows."""

import time
from dataclasses import asdict, dataclass

import click
from sqlalchemy import Constraint, Index, MetaData, Table, func, insert, literal, select
from sqlalchemy.orm import Session

from app.cli.bench.house import bench_house
from app.cli.bench.letter import add_bench_readers, freeze_bench_letter
from app.cli.opening import print_json
from app.delivery.ledger import open_ledger
from app.delivery.models import Delivery, RecipientKind
from app.foundation.db import table_of
from app.subscribers.models import Subscriber, Subscription, SubscriptionState
from app.wiring import Runtime

COLUMNS = ("edition_id", "recipient_kind", "recipient_id", "occasion", "attempt")


@dataclass(frozen=True)
class Measured:
    """Seconds with their commit. The bare statement fills a table like that of deliveries, its keys and indexes
    included, and asks nothing about anybody; `ratio` is ours over the bare one's."""

    readers: int
    ledger_seconds: float
    bare_seconds: float
    ratio: float


@click.command("ledger")
@click.option("--recipients", default=100_000, show_default=True)
@click.option("--database", default="", help="A PostgreSQL server's URL; SQLite when absent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(recipients: int, database: str, as_json: bool) -> None:
    """Freeze an audience of N readers, and insert as many rows without a question."""
    with bench_house(database, {"base_url": "https://letters.example.com"}, 0) as house:
        measured = measure(house.runtime, recipients)
    if as_json:
        print_json(asdict(measured))
        return
    for name, value in asdict(measured).items():
        click.echo(f"{name:20} {value}")


def measure(runtime: Runtime, recipients: int) -> Measured:
    """Both in turn on one database."""
    database = runtime.database
    with database.writing() as session:
        add_bench_readers(session, runtime.clock(), recipients)
    with database.writing() as session:
        edition_id = freeze_bench_letter(session, runtime.clock(), runtime.settings).id
    bare_table = _table_like_deliveries()
    with database.writing() as session:
        bare_table.create(session.connection())
    began = time.monotonic()
    with database.writing() as session:
        _insert(session, bare_table)
    bare = time.monotonic() - began
    began = time.monotonic()
    with database.writing() as session:
        open_ledger(session, runtime.clock(), edition_id)
    ours = time.monotonic() - began
    with database.reading() as session:
        rows = [session.scalar(select(func.count()).select_from(t)) for t in (bare_table, table_of(Delivery))]
    if rows != [recipients, recipients]:
        raise RuntimeError(f"{rows} rows were written for {recipients} readers")
    return Measured(recipients, round(ours, 3), round(bare, 3), round(ours / bare, 2))


def _table_like_deliveries() -> Table:
    """The same columns, keys and indexes, but nothing that it would have to look up elsewhere."""
    table = table_of(Delivery).to_metadata(MetaData(), name="bench_delivery")
    for constraint in list(table.foreign_key_constraints):
        table.constraints.remove(constraint)
    every: list[Constraint | Index] = [*table.constraints, *table.indexes]
    for number, named in enumerate(every):
        named.name = f"bench_delivery_{number}"
    return table


def _insert(session: Session, table: Table) -> None:
    kind = table.c.recipient_kind.type
    everybody = (
        select(literal(1), literal(RecipientKind.SUBSCRIBER, kind), Subscriber.id, literal(""), literal(1))
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.state == SubscriptionState.ON)
        .order_by(Subscriber.id)
    )
    session.execute(insert(table).from_select(COLUMNS, everybody))
