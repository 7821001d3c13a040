"""Every table in one place, so that Alembic and the tests see the whole schema."""
