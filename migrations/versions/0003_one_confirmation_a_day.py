"""one confirmation a day for a mailbox

A join request remembers the mailbox behind dot and plus variants, as a keyed hash, so that the limit can be counted.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("join_request") as batch:
        batch.add_column(sa.Column("mailbox_hash", sa.String(length=64), nullable=False, server_default=""))
    op.create_index("ix_join_request_mailbox_hash", "join_request", ["mailbox_hash"])
