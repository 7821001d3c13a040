"""what the publication calls its readers, where it says how many there are

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "publication",
        sa.Column("readers_called", sa.String(length=40), nullable=False, server_default="readers"),
    )
