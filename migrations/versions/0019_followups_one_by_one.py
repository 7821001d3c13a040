"""follow-ups stopped one by one, offers of a new edition under way, requests of people who were removed

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "followup_step_stop",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slug", "name", name=op.f("pk_followup_step_stop")),
    )
    op.create_table(
        "followup_skip",
        sa.Column("grant_id", big, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["guide_grant.id"],
            name=op.f("fk_followup_skip_grant_id_guide_grant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("grant_id", "name", name=op.f("pk_followup_skip")),
    )
    op.create_table(
        "guide_offer",
        sa.Column("guide_file_id", big, autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["guide_file_id"], ["guide_file.id"], name=op.f("fk_guide_offer_guide_file_id_guide_file")
        ),
        sa.PrimaryKeyConstraint("guide_file_id", name=op.f("pk_guide_offer")),
    )
    op.add_column("guide_visits", sa.Column("forgotten", big, nullable=False, server_default=sa.text("0")))
