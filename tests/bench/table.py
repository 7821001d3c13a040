"""`make bench`: the delivery engine beside its yardsticks in one run; prints ratios and writes build/bench/table.md.

Both sides of a row are measured in turns on one machine, so only the ratio means something. Sizes are the quick ones:
`BENCH_READERS=50000 BENCH_MANY=1000000 make bench` takes the full ones, and some ten minutes. "CPU a message" is that
of all workers from the first lease to the last outcome; the row below it counts the job's start and the gate too.
Everything goes through the product as installed: two workers, PostgreSQL with fsync.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.yardsticks import (
    BUILD,
    ROOT,
    Missing,
    constant_rate,
    openssl_signatures,
    running_sink,
)
from tests.fixtures.postgres import server_for_run

READERS = int(os.environ.get("BENCH_READERS", "20000"))
FEW = int(os.environ.get("BENCH_FEW", "10000"))
MANY = int(os.environ.get("BENCH_MANY", "100000"))
ROUNDS = 3
"""Each comparison is made so often and the middle one counts."""
LETTER_BYTES = 58_000


@dataclass(frozen=True)
class Row:
    """One line of the table; `ratio` is ours over the yardstick's, `goal` what it should reach."""

    what: str
    ours: str
    yardstick: str
    ratio: float
    goal: str


def bench_send(
    *options: str, readers: int = READERS, delay_us: int = 0, connections: int = 8
) -> dict[str, Any]:
    """One run of `handoff bench send` against a fresh sink."""
    with running_sink(delay_us) as port:
        argv = [
            *(
                sys.executable,
                "-m",
                "app.cli.main",
                "bench",
                "send",
                "--json",
                "--relay",
                f"127.0.0.1:{port}",
            ),
            *("--recipients", str(readers), "--connections", str(connections), *options),
        ]
        said = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    measured: dict[str, Any] = json.loads(said.splitlines()[-1])
    return measured


def without_signing(database: str, label: str, message: Path) -> list[Row]:
    """The whole product without DKIM, against the two C senders of constant bytes, which take turns with it."""
    bars: dict[str, list[float]] = {"smtp-source": [], "fastsource": []}
    runs = []
    for _ in range(ROUNDS):
        for program, rates in bars.items():
            rates.append(constant_rate(program, message, 8, READERS))
        runs.append(bench_send("--dkim", "none", *server(database)))
    ours = sorted(runs, key=lambda run: run["per_second"])[len(runs) // 2]
    rate, cpu, whole = (
        ours[name] for name in ("per_second", "cpu_us_per_message", "whole_cpu_us_per_message")
    )
    gate, seconds = ours["gate_seconds"], ours["seconds"]
    rows = [
        Row(f"{label}: CPU a message", f"{cpu:.0f} us", "60 us", cpu / 60, "1.0 or less"),
        Row(f"{label}: the same with start and gate", f"{whole:.0f} us", "60 us", whole / 60, ""),
        Row(f"{label}: gate over sending", f"{gate} s", f"{seconds} s", gate / seconds, "below 0.5"),
    ]
    for program, goal in (("smtp-source", "1.0"), ("fastsource", "0.5")):
        bar = sorted(bars[program])[ROUNDS // 2]
        rows.append(Row(f"{label}: x {program}", f"{rate:,.0f}/s", f"{bar:,.0f}/s", rate / bar, goal))
    return rows


def with_signing(database: str) -> list[Row]:
    """DKIM on both cores, against what OpenSSL signs in the same time."""
    bars, rates = [], []
    for _ in range(ROUNDS):
        bars.append(openssl_signatures())
        rates.append(bench_send("--dkim", "rsa2048", *server(database))["per_second"])
    rate, bar = sorted(rates)[ROUNDS // 2], sorted(bars)[ROUNDS // 2]
    return [Row("DKIM RSA-2048: x openssl speed", f"{rate:,.0f}/s", f"{bar:,.0f}/s", rate / bar, "0.70")]


def slow_relay() -> list[Row]:
    """A relay that thinks for 30 ms, 64 connections: the wire's own limit is connections / delay."""
    ours = bench_send("--workers", "1", "--dkim", "none", delay_us=30_000, connections=64)
    bar = 64 / 0.030
    rate = ours["per_second"]
    return [Row("30 ms relay, 64 connections", f"{rate:,.0f}/s", f"{bar:,.0f}/s", rate / bar, "0.92")]


def ledger(database: str, label: str) -> list[Row]:
    """Opening the ledger, against inserting as many rows into such a table without a question."""
    argv = [sys.executable, "-m", "app.cli.main", "bench", "ledger", "--json"]
    argv += ["--recipients", str(MANY), *server(database)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    found = json.loads(said.splitlines()[-1])
    ours, bar = found["ledger_seconds"], found["bare_seconds"]
    what = f"{label}: opening the ledger for {MANY:,} over INSERT SELECT"
    return [Row(what, f"{ours} s", f"{bar} s", ours / bar, "2 or less")]


def growth(database: str) -> list[Row]:
    """The time of a message and the memory of a worker with many readers, over those with few."""
    options = ("--workers", "1", "--dkim", "none", *server(database))
    few = bench_send(*options, readers=FEW)
    many = bench_send(*options, readers=MANY)
    times = [run["seconds"] / run["messages"] for run in (many, few)]
    peaks = [run["worker_peak_mb"] for run in (many, few)]
    size = f"at {MANY:,} over {FEW:,}"
    return [
        Row(
            f"time a message {size}",
            f"{times[0] * 1e6:.0f} us",
            f"{times[1] * 1e6:.0f} us",
            times[0] / times[1],
            "1.1 or less",
        ),
        Row(
            f"CPU a message {size}",
            f"{many['cpu_us_per_message']:.0f} us",
            f"{few['cpu_us_per_message']:.0f} us",
            many["cpu_us_per_message"] / few["cpu_us_per_message"],
            "",
        ),
        Row(
            f"a worker's memory {size}",
            f"{peaks[0]:.0f} MB",
            f"{peaks[1]:.0f} MB",
            peaks[0] / peaks[1],
            "1.1 or less",
        ),
    ]


def server(database: str) -> tuple[str, ...]:
    """The option that names a PostgreSQL server; none for SQLite."""
    return ("--database", database) if database else ()


def archive() -> list[Row]:
    """The page of an archive with 1,000 issues, kept until it changes, against a page that is a string."""
    argv = (sys.executable, "-m", "app.cli.main", "bench", "archive", "--json")
    said = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    ours = json.loads(said.splitlines()[-1])
    rate, bar = ours["archive_per_second"], ours["bare_per_second"]
    return [
        Row(
            "archive of 1,000 issues: x bare Flask page",
            f"{rate:,.0f}/s",
            f"{bar:,.0f}/s",
            ours["ratio"],
            "0.7",
        )
    ]


def measured_rows(database: str, message: Path) -> list[Row]:
    """Every row there are yardsticks for; what is missing is said, never passed over in silence."""
    rows: list[Row] = []
    measurements: tuple[Callable[[], list[Row]], ...] = (
        lambda: without_signing("", "SQLite", message),
        lambda: without_signing(database, "PostgreSQL", message),
        lambda: with_signing(""),
        slow_relay,
        lambda: ledger("", "SQLite"),
        lambda: ledger(database, "PostgreSQL"),
        lambda: growth(""),
        archive,
    )
    for measure in measurements:
        try:
            rows += measure()
        except Missing as missing:
            rows.append(Row(f"not measured: {missing}", "", "", float("nan"), ""))
        (BUILD / "table.md").write_text(table_of(rows))  # a run that is ended early has told so much
    return rows


def table_of(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | ours | yardstick | ratio | goal |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.ours} | {row.yardstick} | {row.ratio:.2f} | {row.goal} |" for row in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write, print."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-bench-")))
        message = folder / "message"
        line = "x" * 70 + "\n"
        message.write_text("Subject: constant bytes\n\n" + line * (LETTER_BYTES // len(line)))
        socket_folder = server_for_run(folder, os.getpid(), durable=True)
        host = socket_folder.replace("/", "%2F")
        table = table_of(measured_rows(f"postgresql://postgres@/postgres?host={host}", message))
    print(table)


if __name__ == "__main__":
    main()
