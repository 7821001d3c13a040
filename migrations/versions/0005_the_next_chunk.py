"""find the next chunk without passing those that are done

Revision: 0005, after 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_chunk_edition_id_state", "chunk", ["edition_id", "state", "first_id"])
