"""find the next chunk without passing those that are done

Revision: 0006, after 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_chunk_edition_id_state", "chunk", ["edition_id", "state", "first_id"])
