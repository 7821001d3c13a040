"""slots of a cadence that the author leaves out

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "skipped_slot",
        sa.Column(
            "kind",
            sa.Enum("letter", "links", name="issuekind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("slot", sa.String(length=32), nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "slot", name=op.f("pk_skipped_slot")),
    )
