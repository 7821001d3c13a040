"""The migrations make exactly the schema that the models describe."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import app.schema
from app.foundation.db import open_database
from app.foundation.migrations import is_current, upgrade


def test_a_fresh_sqlite_database_has_the_schema_of_the_models(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    upgrade(database.engine)
    assert is_current(database.engine)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), app.schema.metadata) == []
