"""what was guessed at an import stays with the draft, and a form sent twice makes one draft

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("issue") as table:
        table.add_column(sa.Column("import_notes", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("form_key", sa.String(length=64), nullable=True))
        table.create_unique_constraint(op.f("uq_issue_form_key"), ["form_key"])
