"""which pages elsewhere may carry the sign-up form, and stamps that were used

Revision: 0022, after 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embed_origin",
        sa.Column("origin", sa.String(length=270), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_embed_origin")),
    )
    op.create_table(
        "spent_stamp",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_stamp")),
    )
    op.create_index(op.f("ix_spent_stamp_spent_at"), "spent_stamp", ["spent_at"])
