"""`make bench`: the delivery engine beside its yardsticks in one run; prints ratios and writes build/bench/table.md.

Every row compares two things measured minutes apart on one machine, so only the ratio means something. Sizes are
the quick ones; `BENCH_READERS=50000 make bench` takes the full one.
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
    """The whole product without DKIM, against the two C senders of constant bytes."""
    ours = bench_send("--workers", "1", "--dkim", "none", *(("--database", database) if database else ()))
    rate, cpu = ours["per_second"], ours["cpu_us_per_message"]
    gate = ours["gate_seconds"] / ours["seconds"]
    rows = [
        Row(f"{label}: CPU a message", f"{cpu:.0f} us", "60 us", cpu / 60, "1.0 or less"),
        Row(
            f"{label}: gate over sending",
            f"{ours['gate_seconds']} s",
            f"{ours['seconds']} s",
            gate,
            "below 0.5",
        ),
    ]
    for program, goal in (("smtp-source", "1.0"), ("fastsource", "0.5")):
        bar = constant_rate(program, message, 8, READERS)
        rows.append(Row(f"{label}: x {program}", f"{rate:,.0f}/s", f"{bar:,.0f}/s", rate / bar, goal))
    return rows


def with_signing(database: str) -> list[Row]:
    """DKIM on both cores, against what OpenSSL signs in the same time."""
    ours = bench_send("--workers", "2", "--dkim", "rsa2048", *(("--database", database) if database else ()))
    bar = openssl_signatures()
    rate = ours["per_second"]
    return [Row("DKIM RSA-2048: x openssl speed", f"{rate:,.0f}/s", f"{bar:,.0f}/s", rate / bar, "0.70")]


def slow_relay() -> list[Row]:
    """A relay that thinks for 30 ms, 64 connections: the wire's own limit is connections / delay."""
    ours = bench_send("--workers", "1", "--dkim", "none", delay_us=30_000, connections=64)
    bar = 64 / 0.030
    rate = ours["per_second"]
    return [Row("30 ms relay, 64 connections", f"{rate:,.0f}/s", f"{bar:,.0f}/s", rate / bar, "0.92")]


def growth(database: str) -> list[Row]:
    """The time a message takes at ten times the readers, over that at the small size."""
    options = ("--workers", "1", "--dkim", "none", *(("--database", database) if database else ()))
    small = bench_send(*options, readers=READERS // 10)["seconds"] / (READERS // 10)
    large = bench_send(*options, readers=READERS)["seconds"] / READERS
    ours, bar = f"{large * 1e6:.0f} us", f"{small * 1e6:.0f} us"
    return [
        Row(f"time a message at {READERS:,} over {READERS // 10:,}", ours, bar, large / small, "1.1 or less")
    ]


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
        lambda: growth(""),
        archive,
    )
    for measure in measurements:
        try:
            rows += measure()
        except Missing as missing:
            rows.append(Row(f"not measured: {missing}", "", "", float("nan"), ""))
    return rows


def table_of(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | ours | yardstick | ratio | goal |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.ours} | {row.yardstick} | {row.ratio:.2f} | {row.goal} |" for row in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, write."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-bench-")))
        message = folder / "message"
        line = "x" * 70 + "\n"
        message.write_text("Subject: constant bytes\n\n" + line * (LETTER_BYTES // len(line)))
        socket_folder = server_for_run(folder, os.getpid())
        host = socket_folder.replace("/", "%2F")
        table = table_of(measured_rows(f"postgresql://postgres@/postgres?host={host}", message))
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "table.md").write_text(table)
    print(table)


if __name__ == "__main__":
    main()
