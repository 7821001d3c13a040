"""`handoff web`, `worker`, `clock`, `mail-in`: one process each, for machines that run only some; and `migrate`."""

import os
from collections.abc import Sequence
from typing import NoReturn

import click

from app.cli.seed import seed_installation
from app.foundation.migrations import upgrade
from app.foundation.settings import check_start, load_settings
from app.wiring import build_runtime
from worker.processes import CLOCK, MAIL_IN, WEB, WORKER, module_argv, web_argv


def become(argv: Sequence[str]) -> NoReturn:
    """Turn this process into the given command, so that signals reach it without a middleman."""
    check_start(load_settings())
    os.execv(argv[0], list(argv))  # noqa: S606  (the command is ours)


@click.command(WEB)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 behind a proxy of yours.")
@click.option("--port", default=8000, show_default=True)
def web(host: str, port: int) -> None:
    """Serve the site, the studio and the API."""
    become(web_argv(host, port))


@click.command(WORKER)
def worker() -> None:
    """Send mail and do other jobs; start as many as you like."""
    become(module_argv(WORKER))


@click.command(CLOCK)
def clock() -> None:
    """Once a minute, ring for what is due; one is enough, two do no harm."""
    become(module_argv(CLOCK))


@click.command(MAIL_IN)
def mail_in() -> None:
    """Take bounces and replies over LMTP."""
    become(module_argv(MAIL_IN))


@click.command("migrate")
def migrate() -> None:
    """Bring the database up to date and fill in what a fresh installation needs; a release runs this first."""
    settings = load_settings()
    check_start(settings)
    runtime = build_runtime(settings)
    upgrade(runtime.database.engine)
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), settings)
    click.echo("The database is up to date.")
