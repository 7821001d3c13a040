"""an outcome is appended without looking its delivery up again

Revision: 0024, after 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outcome") as outcome:
        outcome.drop_constraint("fk_outcome_delivery_id_delivery", type_="foreignkey")
