"""what happens at the gate of a guide, and what follows

Evidence names the edition, the link and the source; visits are counted; follow-ups go out once and never near a letter.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("grant_event") as batch:
        batch.add_column(sa.Column("guide_file_id", BIG, nullable=True))
        batch.add_column(sa.Column("link", sa.String(length=16), nullable=False, server_default=""))
        batch.add_column(sa.Column("source", sa.String(length=200), nullable=False, server_default=""))
        batch.create_foreign_key(
            op.f("fk_grant_event_guide_file_id_guide_file"), "guide_file", ["guide_file_id"], ["id"]
        )
    with op.batch_alter_table("guide_grant", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("followups_stopped_at", AT, nullable=True))
        batch.add_column(
            sa.Column("followups_stopped_why", sa.String(length=80), nullable=False, server_default="")
        )
    op.create_table(
        "guide_visits",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("visits", BIG, nullable=False),
        sa.PrimaryKeyConstraint("slug", "day", "source", name=op.f("pk_guide_visits")),
    )
    op.create_table(
        "followup_mail",
        sa.Column("grant_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("queued_at", AT, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["guide_grant.id"],
            name=op.f("fk_followup_mail_grant_id_guide_grant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_followup_mail_delivery_id_delivery")
        ),
        sa.PrimaryKeyConstraint("grant_id", "name", name=op.f("pk_followup_mail")),
    )
    op.create_index(op.f("ix_followup_mail_queued_at"), "followup_mail", ["queued_at"])
    op.create_table(
        "followup_stop",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("stopped_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_followup_stop")),
    )
    op.create_table(
        "quiet_window",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("topic_id", BIG, nullable=False),
        sa.Column("begins_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_quiet_window_topic_id_topic")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_quiet_window")),
    )
    op.create_index(op.f("ix_quiet_window_topic_id"), "quiet_window", ["topic_id"])
    op.create_index(op.f("ix_quiet_window_ends_at"), "quiet_window", ["ends_at"])
