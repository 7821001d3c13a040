"""chunks are ranges of deliveries

A chunk is a range of delivery ids: no column and no index on every delivery, and a retry moves no row.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def counter(name: str) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=False)


def upgrade() -> None:
    op.drop_table("chunk")
    op.create_table(
        "chunk",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("edition_id", BIG, nullable=False),
        counter("first_id"),
        counter("last_id"),
        counter("size"),
        sa.Column(
            "state",
            sa.Enum("queued", "leased", "done", name="chunkstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        counter("fence"),
        sa.Column("lease_until", BIG, nullable=True),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        *(counter(name) for name in ("accepted", "deferred", "failed", "uncertain", "excluded")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_chunk_edition_id_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunk")),
        sa.UniqueConstraint("edition_id", "first_id", name=op.f("uq_chunk_edition_id_first_id")),
    )
    op.create_index("ix_chunk_state_not_before", "chunk", ["state", "not_before"])
    op.drop_index("ix_delivery_edition_id_chunk_no", "delivery")
    op.drop_column("delivery", "chunk_no")
    op.add_column("delivery", sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("edition", sa.Column("trouble", sa.Text(), nullable=False, server_default=""))
    op.add_column("edition", sa.Column("excluded", BIG, nullable=False, server_default="0"))
    op.add_column("edition", sa.Column("gated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "clock_lease",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("lease_until", BIG, nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_lease")),
    )
