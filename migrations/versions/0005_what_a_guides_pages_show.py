"""what a guide's pages show

An edition names the content that its landing page, web edition and map are made from.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("guide_file") as batch:
        batch.add_column(sa.Column("source_sha256", sa.String(length=64), nullable=False, server_default=""))
