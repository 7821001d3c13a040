"""The bench of downloads runs and prints what it promises; how fast it is depends on the machine."""

import json

from click.testing import CliRunner

from app.cli.bench.downloads import command


def test_the_bench_prints_its_numbers() -> None:
    ran = CliRunner().invoke(command, ["--downloads", "12", "--bytes", "20000", "--clients", "2", "--json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    assert found["downloads"] == 12
    assert found["bytes"] == 20_000
    sorts = ("open", "bare", "gated", "file", "press")
    assert all(found[f"{name}_per_second"] > 0 for name in sorts)
    assert found["ratio"] > 0
    assert found["file_ratio"] > 0
