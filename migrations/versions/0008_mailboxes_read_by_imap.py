"""mailboxes read by imap

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "mailbox_position",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("uid_validity", big, nullable=False),
        sa.Column("last_uid", big, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_mailbox_position")),
    )
