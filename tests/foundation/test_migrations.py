"""The migrations make exactly the schema that the models describe."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import app.schema
from app.foundation.db import open_database
from app.foundation.migrations import is_current, upgrade
from app.issues.archive_index import FTS


def test_a_fresh_sqlite_database_has_the_schema_of_the_models(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    upgrade(database.engine)
    assert is_current(database.engine)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _no_index_of_words})
        assert compare_metadata(context, app.schema.metadata) == []


def _no_index_of_words(name: str | None, kind: str, _parents: object) -> bool:
    """SQLite keeps its full-text index in tables that no model describes."""
    return not (kind == "table" and (name or "").startswith(FTS))
