"""`handoff demo`: the whole story once, unattended, in a throw-away data directory, with the real processes."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from app.cli.demo.stage import Stage, StepFailed, stage
from app.cli.demo.story import Step, Story


@dataclass(frozen=True)
class Result:
    """What became of one step."""

    name: str
    ok: bool
    detail: str
    seconds: float = 0.0


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the table.")
def command(as_json: bool) -> None:
    """Play the whole story once and check every step from SQL and from the mail received."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="handoff-demo-") as folder, stage(Path(folder)) as here:
        results = play(here, tell=_say_nothing if as_json else _say_line)
        good = all(result.ok for result in results)
        if not good:
            click.echo(here.log(), err=True)
    seconds = round(time.monotonic() - begun, 1)
    if as_json:
        click.echo(json.dumps({"steps": [asdict(result) for result in results], "seconds": seconds}))
    else:
        click.echo(f"\n{'Every step is well' if good else 'The story broke off'} after {seconds} s.")
    if not good:
        sys.exit(1)


def play(here: Stage, tell: Callable[[Result], None]) -> list[Result]:
    """Every step in order; after one that fails, the others are not tried, as they build on it."""
    results: list[Result] = []
    for step in Story(here).steps():
        broken = bool(results) and not results[-1].ok
        result = Result(step.name, False, "not reached") if broken else _play(step)
        results.append(result)
        tell(result)
    return results


def _play(step: Step) -> Result:
    begun = time.monotonic()
    try:
        ok, detail = True, step.act()
    except (StepFailed, OSError, ValueError, LookupError) as error:
        ok, detail = False, str(error) or type(error).__name__
    return Result(step.name, ok, detail, round(time.monotonic() - begun, 1))


def _say_line(result: Result) -> None:
    click.echo(f"{'ok' if result.ok else '--':<4}{result.name:<18}{result.seconds:>5.1f} s  {result.detail}")


def _say_nothing(_result: Result) -> None:
    return
