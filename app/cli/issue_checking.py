"""`handoff issue check`: what the studio's check says, for a terminal or a script."""

from dataclasses import asdict

import click

from app.cli.opening import open_runtime, print_json
from app.issues.composing import Words, words_of
from app.issues.findings import Finding, Report
from app.issues.preflight import HeldByPreflight, Kit, examine, outside_urls
from app.issues.preflight_links import ask
from app.issues.queries import get_issue
from app.issues.writing import check_complete
from app.wiring import Runtime, kit_of, press_of


@click.command("check")
@click.argument("issue_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check(issue_id: int, as_json: bool) -> None:
    """Look for what should be mended: every reader's mail is written, every link asked. Exit code 1 on an error."""
    runtime = open_runtime()
    with runtime.database.reading() as session:
        words = words_of(get_issue(session, issue_id))
    kit = _kit(runtime, words)
    with runtime.database.reading() as session:
        report = examine(session, runtime.clock(), words, kit, seconds=None)
    if as_json:
        print_json(
            {
                "id": issue_id,
                "errors": len(report.errors),
                "warnings": len(report.warnings),
                "readers": report.readers,
                "findings": [asdict(each) for each in report.findings],
            }
        )
    else:
        for each in report.findings:
            click.echo(_line(each))
        click.echo(
            f"{len(report.errors)} to mend, {len(report.warnings)} worth a look; written for {report.readers:,} "
            f"readers in {report.seconds:.1f} s."
        )
    if report.errors:
        raise SystemExit(1)


def check_saved(runtime: Runtime, issue_id: int) -> tuple[int, Report]:
    """The version that was checked, and its warnings. Raises HeldByPreflight, InvalidInput for what is missing."""
    with runtime.database.reading() as session:
        issue = get_issue(session, issue_id)
        check_complete(issue)
        words, version = words_of(issue), issue.version
    kit = _kit(runtime, words)
    with runtime.database.reading() as session:
        report = examine(session, runtime.clock(), words, kit, seconds=None)
    if report.errors:
        raise HeldByPreflight(report)
    return version, report


def tell_warnings(report: Report) -> None:
    """On standard error: what was asked for goes ahead."""
    for each in report.warnings:
        click.echo(_line(each), err=True)


def _kit(runtime: Runtime, words: Words) -> Kit:
    urls = outside_urls(words, press_of(runtime))
    return kit_of(runtime, ask(runtime.database, runtime.fetcher, runtime.clock(), urls))


def _line(each: Finding) -> str:
    place = f"line {each.line}" if each.line else each.field
    return f"{each.level.value}: {each.check.value} ({place}): {each.message} {each.remedy}".rstrip()
