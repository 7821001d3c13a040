"""`handoff bench …`: how fast the product is, on its real path, as one JSON object."""

from importlib import import_module

import click

BENCHES: dict[str, str] = {
    "archive": "app.cli.bench.archive",
    "downloads": "app.cli.bench.downloads",
    "ledger": "app.cli.bench.ledger",
    "send": "app.cli.bench.send",
}
"""What can be measured -> module that exposes it as `command`."""


class Benches(click.Group):
    """Imports a bench only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(BENCHES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in BENCHES:
            return None
        command: click.Command = import_module(BENCHES[cmd_name]).command
        return command


@click.group("bench", cls=Benches)
def command() -> None:
    """Measure the product on its real path."""
