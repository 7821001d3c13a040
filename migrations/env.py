"""Alembic's environment: one connection, given by the caller or opened from the settings."""

from alembic import context
from sqlalchemy import Connection, text

import app.schema
from app.foundation.db import UtcDateTime, create_engine
from app.foundation.settings import load_settings

MIGRATION_LOCK = (
    72_418_001  # pg_advisory_xact_lock key: two machines starting at once migrate one after the other
)


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column types as plain ones, so that old migrations outlive the code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    """Run the migrations in one transaction where the database can."""
    context.configure(
        connection=connection,
        target_metadata=app.schema.metadata,
        render_as_batch=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = create_engine(load_settings().database)
    with engine.begin() as opened:
        run(opened)
