"""The bench of the ledger opens one and fills a bare table beside it; its ratio is judged by `make bench`."""

import json

from click.testing import CliRunner

from app.cli.bench.ledger import command


def test_the_bench_opens_a_ledger_and_fills_a_bare_table() -> None:
    ran = CliRunner().invoke(command, ["--recipients", "1200", "--json"])
    assert ran.exit_code == 0, ran.output
    measured = json.loads(ran.stdout.strip().splitlines()[-1])
    assert measured["readers"] == 1200
    assert measured["ratio"] > 0
