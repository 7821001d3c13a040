"""invitations with credit, and where those who signed up came from

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "invitation",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("inviter_id", big, nullable=True),
        sa.Column("issue_id", big, nullable=True),
        sa.Column("first_name", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inviter_id"],
            ["subscriber.id"],
            name=op.f("fk_invitation_inviter_id_subscriber"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_invitation_issue_id_issue"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("code", name=op.f("uq_invitation_code")),
        sa.UniqueConstraint("inviter_id", "issue_id", name=op.f("uq_invitation_inviter_id_issue_id")),
    )
    op.create_index(op.f("ix_invitation_issue_id"), "invitation", ["issue_id"])
    op.create_table(
        "invitation_credit",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("invitation_id", big, nullable=False),
        sa.Column("subscriber_id", big, nullable=True),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_invitation_credit_invitation_id_invitation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_invitation_credit_subscriber_id_subscriber"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_credit")),
        sa.UniqueConstraint("subscriber_id", name=op.f("uq_invitation_credit_subscriber_id")),
    )
    op.create_index(op.f("ix_invitation_credit_invitation_id"), "invitation_credit", ["invitation_id"])
    for name in ("origin", "issue_slug"):
        op.add_column(
            "join_request", sa.Column(name, sa.String(length=120), nullable=False, server_default="")
        )
    op.add_column("join_request", sa.Column("invitation_id", big, nullable=True))
    op.create_index(op.f("ix_join_request_invitation_id"), "join_request", ["invitation_id"])
    op.create_index(op.f("ix_join_request_requested_at"), "join_request", ["requested_at"])
