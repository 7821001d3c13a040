"""`handoff installation`: is this the one that sends, and the answer when it asks, for machines without a browser."""

import dataclasses

import click

from app.cli.opening import open_runtime, print_json
from app.delivery.installation import go_on, go_on_afresh, standing_of, stay_quiet, waiting
from app.issues.publishing import RESTORED, hold_due
from app.wiring import press_of, sentry_of


@click.group("installation", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Say whether this installation sends, and what waits."""
    if context.invoked_subcommand:
        return
    runtime = open_runtime()
    with runtime.database.reading() as session:
        standing, mails = standing_of(session), waiting(session)
    if as_json:
        found = [dataclasses.asdict(each) for each in mails]
        print_json({"state": standing.state, "reason": standing.reason, "waiting": found})
        return
    click.echo(f"{standing.state.value}: {standing.reason or 'nothing speaks against sending from here'}")
    for each in mails:
        click.echo(f"  waiting: {each.subject}, {each.readers} readers")
    if not standing.may_send:
        click.echo("Answer with: handoff installation go-on --hold | go-on --send | stay-quiet")


@command.command("go-on")
@click.option("--hold/--send", "holding", default=True, help="Hold what waits (after a restore), or send it.")
def resume(holding: bool) -> None:
    """This is the real one: send from here again."""
    runtime = open_runtime()
    witness = sentry_of(runtime).witness
    seen, place = witness.read(), witness.place
    with runtime.database.writing() as session:
        now = runtime.clock()
        told = (go_on_afresh if holding else go_on)(session, now, seen, place)
        if holding:
            hold_due(session, now, RESTORED, press_of(runtime))
    witness.write(told)
    click.echo("This is the installation that sends.")


@command.command("stay-quiet")
def quiet() -> None:
    """This is a copy: nothing is sent from here."""
    runtime = open_runtime()
    with runtime.database.writing() as session:
        stay_quiet(session, runtime.clock())
    click.echo("This copy stays quiet.")
