"""The bench of the archive runs and prints what it promises; its ratio is judged by `make bench`."""

import json

from click.testing import CliRunner

from app.cli.bench.archive import command


def test_the_bench_measures_both_pages_in_one_run() -> None:
    ran = CliRunner().invoke(command, ["--issues", "25", "--requests", "60", "--clients", "2", "--json"])
    assert ran.exit_code == 0, ran.output
    measured = json.loads(ran.stdout.strip().splitlines()[-1])
    assert measured["issues"] == 25
    assert measured["bytes"] > 5_000
    assert measured["ratio"] > 0
