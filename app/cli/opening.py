"""How a command gets its Runtime: the one a test hands over, or one built from the environment."""

import json
import os
from pathlib import Path
from typing import Any

import click

from app.foundation.errors import Misconfigured
from app.foundation.migrations import is_current, upgrade
from app.foundation.settings import Settings, load_settings
from app.wiring import Runtime, build_runtime


def open_runtime() -> Runtime:
    """A Runtime whose database has today's tables.

    SQLite is brought up to date on the spot; a PostgreSQL that others use is only ever migrated by its release.
    Raises Misconfigured.
    """
    given = click.get_current_context().find_object(Runtime)
    if given is not None:
        return given
    runtime = build_runtime(_settings_as_running())
    engine = runtime.database.engine
    if not is_current(engine):
        if runtime.settings.is_postgresql:
            raise Misconfigured(
                "does not have today's tables", field="HANDOFF_DATABASE_URL", hint="Run: handoff migrate"
            )
        upgrade(engine)
    return runtime


def address_note(data_dir: Path) -> Path:
    """Where a running `handoff up` says which address it was given."""
    return data_dir / "base-url"


def _settings_as_running() -> Settings:
    """The settings; without a base URL of its own, a command prints links to the `up` that runs beside it."""
    settings = load_settings()
    note = address_note(settings.data_dir)
    if "HANDOFF_BASE_URL" not in os.environ and note.is_file():
        return load_settings(base_url=note.read_text())
    return settings


def print_json(value: dict[str, Any]) -> None:
    """One object on one line of standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
