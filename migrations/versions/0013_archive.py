"""the archive: words to search, themes, and what the page about the publication says

Revision: 0013, after 0012

Both databases index `issue_text` by themselves: SQLite through triggers on an FTS5 table that keeps no copy of the
words, PostgreSQL through a generated column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FTS5 = (
    "CREATE VIRTUAL TABLE issue_fts USING fts5(title, preheader, body, content='issue_text', "
    "content_rowid='issue_id', tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER issue_text_added AFTER INSERT ON issue_text BEGIN "
    "INSERT INTO issue_fts(rowid, title, preheader, body) "
    "VALUES (new.issue_id, new.title, new.preheader, new.body); END",
    "CREATE TRIGGER issue_text_removed AFTER DELETE ON issue_text BEGIN "
    "INSERT INTO issue_fts(issue_fts, rowid, title, preheader, body) "
    "VALUES ('delete', old.issue_id, old.title, old.preheader, old.body); END",
    "CREATE TRIGGER issue_text_changed AFTER UPDATE ON issue_text BEGIN "
    "INSERT INTO issue_fts(issue_fts, rowid, title, preheader, body) "
    "VALUES ('delete', old.issue_id, old.title, old.preheader, old.body); "
    "INSERT INTO issue_fts(rowid, title, preheader, body) "
    "VALUES (new.issue_id, new.title, new.preheader, new.body); END",
)

TSVECTOR = (
    "ALTER TABLE issue_text ADD COLUMN words tsvector GENERATED ALWAYS AS ("
    "setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', preheader), 'B') || "
    "setweight(to_tsvector('english', body), 'D')) STORED",
    "CREATE INDEX ix_issue_text_words ON issue_text USING gin (words)",
)


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "theme",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme")),
        sa.UniqueConstraint("slug", name=op.f("uq_theme_slug")),
    )
    op.create_table(
        "issue_theme",
        sa.Column("issue_id", big, nullable=False),
        sa.Column("theme_id", big, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_theme_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["theme.id"], name=op.f("fk_issue_theme_theme_id_theme"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", "theme_id", name=op.f("pk_issue_theme")),
    )
    op.create_index(op.f("ix_issue_theme_theme_id"), "issue_theme", ["theme_id"])
    op.create_table(
        "issue_text",
        sa.Column("issue_id", big, autoincrement=False, nullable=False),
        sa.Column("version", big, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_text_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_issue_text")),
    )
    for statement in TSVECTOR if op.get_bind().dialect.name == "postgresql" else FTS5:
        op.execute(statement)
    op.add_column("publication", sa.Column("about", sa.Text(), nullable=False, server_default=""))
