"""PostgreSQL searches the archive without accents, as SQLite does

Revision: 0023, after 0022

The column is computed from the words that stay as they are; it is computed anew here, for every issue at once.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FOLDED = r"normalize(regexp_replace(normalize({0}, NFD), '([A-Za-z])[\u0300-\u036f]+', '\1', 'g'), NFC)"

WORDS = " || ".join(
    f"setweight(to_tsvector('english', {FOLDED.format(column)}), '{weight}')"
    for column, weight in (("title", "A"), ("preheader", "B"), ("body", "D"))
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE issue_text DROP COLUMN words")
    op.execute(f"ALTER TABLE issue_text ADD COLUMN words tsvector GENERATED ALWAYS AS ({WORDS}) STORED")
    op.execute("CREATE INDEX ix_issue_text_words ON issue_text USING gin (words)")
