"""`handoff subscriber …`: bring a consented list in, take all readers or all about one out, look at one, erase one."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.opening import open_runtime, print_json
from app.delivery.models import Correspondent
from app.foundation.addresses import parse_address
from app.foundation.errors import InvalidInput, NotFound
from app.privacy.export import export_person
from app.privacy.forget import delete_files, erase_correspondent, erase_subscriber
from app.subscribers.csvfile import ImportRow, RowDefaults, RowProblem, parse_consent_date, read_rows
from app.subscribers.models import Subscriber
from app.subscribers.queries import (
    SubscriberRow,
    consent_page,
    describe_subscriber,
    find_subscriber,
    list_topics,
)
from app.subscribers.topics import seed_topics
from app.subscribers.transfer import ImportCounts, export_rows, import_batch
from app.wiring import Runtime

BATCH = 500
PROBLEMS_SHOWN = 50


@click.group("subscriber")
def command() -> None:
    """Readers: import, export, show, erase."""


@dataclass
class ImportReport:
    """What became of a file."""

    rows: int
    counts: ImportCounts
    problems: list[RowProblem]


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--topic", "topics", multiple=True, help="Topic for rows that name none; may be repeated.")
@click.option("--consent-at", help="When people agreed (YYYY-MM-DD), for rows that do not say.")
@click.option("--consent-source", default="", help="How people agreed, for rows that do not say.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def import_file(
    file: Path, topics: tuple[str, ...], consent_at: str | None, consent_source: str, as_json: bool
) -> None:
    """Import a CSV file of people who agreed to be written to.

    Columns: email, first_name, last_name, function, topics (several with ;), consent_at, consent_source.
    Suppressed addresses stay suppressed, whoever left stays left, and the same file twice changes nothing.
    """
    runtime = open_runtime()
    now = runtime.clock()
    defaults = RowDefaults(
        topics=topics,
        consent_at=parse_consent_date(consent_at, now) if consent_at else None,
        consent_source=consent_source,
    )
    with _open_text(file) as lines:
        report = _import(runtime, now, lines, file.name, defaults)
    _print_report(report, as_json)


def _import(runtime: Runtime, now: datetime, lines: TextIO, name: str, defaults: RowDefaults) -> ImportReport:
    with runtime.database.writing() as session:
        seed_topics(session)
        known = frozenset(topic.slug for topic in list_topics(session, offered_only=False))
    unknown = [slug for slug in defaults.topics if slug not in known]
    if unknown:
        raise InvalidInput(
            f"There is no topic “{unknown[0]}”.",
            field="--topic",
            hint=f"There are: {', '.join(sorted(known))}.",
        )
    report = ImportReport(0, ImportCounts(), [])
    found = read_rows(lines, topics=known, now=now, defaults=defaults)
    while batch := list(islice(found, BATCH)):
        rows = [row for row in batch if isinstance(row, ImportRow)]
        report.problems += [row for row in batch if isinstance(row, RowProblem)]
        report.rows += len(batch)
        with runtime.database.writing() as session:
            report.counts += import_batch(
                session, now, rows, address_key=runtime.address_key, form=f"import {name}"
            )
    return report


@contextmanager
def _open_text(file: Path) -> Iterator[TextIO]:
    """The file as UTF-8 text. Raises InvalidInput when it is something else, before anything is taken from it."""
    if str(file) == "-":
        with io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="replace", newline="") as lines:
            yield lines
        return
    _check_utf8(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        yield lines


def _check_utf8(file: Path) -> None:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                raise InvalidInput(
                    f"line {number} is not UTF-8 text.",
                    field=file.name,
                    hint="Save the file as “CSV UTF-8” and import it again; nothing was taken from it.",
                ) from None


def _print_report(report: ImportReport, as_json: bool) -> None:
    counts = report.counts
    if as_json:
        print_json(
            {
                "rows": report.rows,
                **asdict(counts),
                "rejected": len(report.problems),
                "problems": [asdict(problem) for problem in report.problems],
            }
        )
        return
    for problem in report.problems[:PROBLEMS_SHOWN]:
        click.echo(str(problem), err=True)
    if len(report.problems) > PROBLEMS_SHOWN:
        click.echo(f"… and {len(report.problems) - PROBLEMS_SHOWN} more (all of them with --json)", err=True)
    click.echo(
        f"{report.rows} rows: {counts.added} added, {counts.completed} completed, {counts.unchanged} unchanged, "
        f"{counts.suppressed} suppressed and left alone, {len(report.problems)} not taken."
    )
    if counts.left_kept:
        click.echo(f"{counts.left_kept} times somebody had left a topic: they stay left.")


@command.command("export")
@click.argument("email", required=False)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output."
)
def export_file(email: str | None, out: Path | None) -> None:
    """All readers as CSV, with what they left and why they are suppressed; with EMAIL all that is held about one
    person, as JSON: what they agreed to and asked for, every mail to and from them, notes and invitations."""
    runtime = open_runtime()
    with runtime.database.reading() as session:
        person = (_stranger(session, email) or _find(session, email)) if email else None
        with _open_out(out) as file:
            if person is None:
                csv.writer(file, lineterminator="\n").writerows(export_rows(session))
                return
            found = export_person(session, runtime.clock(), person, runtime.signer)
            file.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def _open_out(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        yield file
    click.echo(f"Written to {out}", err=True)


@command.command("show")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def show(email: str, as_json: bool) -> None:
    """What we hold about one reader, with the evidence of consent."""
    runtime = open_runtime()
    with runtime.database.reading() as session:
        row = describe_subscriber(session, _find(session, email))
        records = consent_page(session, row.id, per_page=20)
        topics = {topic.id: topic.slug for topic in list_topics(session, offered_only=False)}
        evidence = [
            {
                "at": record.at.isoformat(timespec="seconds"),
                "action": record.action.value,
                "topic": topics.get(record.topic_id or 0),
                "form": record.form,
                "ip": record.ip,
                "detail": record.detail,
            }
            for record in records.items
        ]
    if as_json:
        print_json({**asdict(row), "evidence": evidence})
        return
    _print_row(row)
    for entry in evidence:
        click.echo(f"  {entry['at']}  {entry['action']:<16} {entry['topic'] or '':<8} {entry['form']}")
    if records.total > len(evidence):
        click.echo(f"  … and {records.total - len(evidence)} older records")


def _print_row(row: SubscriberRow) -> None:
    click.echo(f"{row.address}  (number {row.id}, {row.state.value})")
    click.echo(f"  name        {row.name or '–'}")
    click.echo(f"  function    {row.function.value if row.function else '–'}")
    click.echo(f"  reads       {', '.join(row.topics) or 'nothing'}")
    if row.left:
        click.echo(f"  left        {', '.join(row.left)}")
    if row.suppressed:
        click.echo(f"  suppressed  {', '.join(reason.value for reason in row.suppressed)}")
    click.echo(f"  since       {row.created_at:%Y-%m-%d %H:%M} UTC, from {row.source or 'the sign-up form'}")


def _find(session: Session, email: str) -> Subscriber:
    address = parse_address(email, field="EMAIL")
    found = find_subscriber(session, address.canonical)
    if found is None:
        raise NotFound(f"There is no reader with the address {address.canonical}.", field="EMAIL")
    return found


def _stranger(session: Session, email: str) -> Correspondent | None:
    """Somebody who wrote to us under this address and is no reader; readers are erased with all of theirs."""
    canonical = parse_address(email).canonical
    if find_subscriber(session, canonical) is not None:
        return None
    return session.scalars(select(Correspondent).where(Correspondent.canonical == canonical)).one_or_none()


@command.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, yes: bool) -> None:
    """Erase one reader for good; only the hash that keeps them unmailed remains."""
    runtime = open_runtime()
    with runtime.database.reading() as session:
        address = (_stranger(session, email) or _find(session, email)).address
    if not yes:
        click.confirm(f"Erase everything about {address}? This cannot be undone", abort=True)
    with runtime.database.writing() as session:
        stranger = _stranger(session, email)
        if stranger is not None:
            erased = erase_correspondent(session, runtime.clock(), stranger, runtime.signer)
        else:
            erased = erase_subscriber(session, runtime.clock(), _find(session, email), runtime.signer)
    delete_files(runtime.storage, erased)
    click.echo(
        f"Erased: {erased.deliveries} deliveries now belong to nobody, {erased.messages} messages are gone."
    )
