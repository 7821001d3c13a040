"""when an edition that was paused went on: what was said of it before does not pause it again

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("edition", sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True))
