"""`handoff …`: one click group; each noun has its module."""

import sys
from importlib import import_module

import click

from app.foundation.errors import HandoffError

NOUNS: dict[str, str] = {
    "demo": "app.cli.demo.command",
    "clock": "app.cli.processes:clock",
    "doctor": "app.cli.doctor",
    "mail-in": "app.cli.processes:mail_in",
    "migrate": "app.cli.processes:migrate",
    "up": "app.cli.up",
    "web": "app.cli.processes:web",
    "worker": "app.cli.processes:worker",
    "author": "app.cli.author",
    "bench": "app.cli.bench.command",
    "dkim": "app.cli.dkim",
    "guide": "app.cli.guide",
    "inbound": "app.cli.inbound",
    "installation": "app.cli.installation",
    "issue": "app.cli.issue",
    "seed": "app.cli.seed",
    "subscriber": "app.cli.subscriber",
}
"""Command name -> module that exposes it, as `command` or under the name after the colon."""


class Commands(click.Group):
    """Imports a noun's module only when it is asked for, so that `handoff inbound` starts fast in a pipe."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NOUNS:
            return None
        module, _, attribute = NOUNS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute or "command")
        return command


@click.group(cls=Commands)
@click.version_option(package_name="handoff")
def handoff() -> None:
    """A newsletter and lead-magnet pipeline that you own."""


def main() -> None:
    """Entry point: our own errors become one clear line and exit code 2."""
    try:
        handoff(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HandoffError as error:
        click.echo(f"handoff: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
