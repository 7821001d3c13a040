"""the inbox: what is unread, snoozed, corrected, noted, tagged, attached and allowed to be quoted

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    for column in (
        sa.Column("in_reply_to", sa.String(length=998), server_default="", nullable=False),
        sa.Column("earlier_ids", sa.Text(), server_default="", nullable=False),
        sa.Column("auto_replied", sa.Boolean(), server_default=sa.false(), nullable=False),
    ):
        op.add_column("edition", column)
    for column in (
        sa.Column("lane_by", WORD, server_default="words", nullable=False),
        sa.Column("lane_certainty", BIG, server_default="0", nullable=False),
        sa.Column("lane_reasons", sa.Text(), server_default="", nullable=False),
        sa.Column("unread", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("snoozed_until", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
    ):
        op.add_column("thread", column)
    op.create_index(op.f("ix_thread_correspondent_id"), "thread", ["correspondent_id"])
    op.create_index(op.f("ix_thread_edition_id"), "thread", ["edition_id"])
    op.create_index(op.f("ix_thread_snoozed_until"), "thread", ["snoozed_until"])
    op.create_index("ix_thread_state_last_at", "thread", ["state", "last_at"])
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("proof", WORD, server_default="token", nullable=False))
        message.add_column(sa.Column("earlier_ids", sa.Text(), server_default="", nullable=False))
        message.add_column(sa.Column("occasion", sa.String(length=64), nullable=True))
        message.add_column(sa.Column("author_id", BIG, nullable=True))
        message.create_unique_constraint(op.f("uq_message_occasion"), ["occasion"])
        message.create_foreign_key(
            op.f("fk_message_author_id_author"), "author", ["author_id"], ["id"], ondelete="SET NULL"
        )
    for name in ("message_id", "inbound_mail_id", "delivery_id"):
        op.create_index(op.f(f"ix_message_{name}"), "message", [name])
    _tables_of_a_thread()
    _tables_by_themselves()


def _tables_of_a_thread() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("part", BIG, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("claimed", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("warning", sa.String(length=200), nullable=False),
        sa.Column("is_picture", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_attachment_message_id_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_message_id"), "attachment", ["message_id"])
    op.create_table(
        "thread_note",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_thread_note_thread_id_thread"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["author.id"], name=op.f("fk_thread_note_author_id_author"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_note")),
    )
    op.create_index(op.f("ix_thread_note_thread_id"), "thread_note", ["thread_id"])
    op.create_table(
        "thread_tag",
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_thread_tag_thread_id_thread"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("thread_id", "name", name=op.f("pk_thread_tag")),
    )
    op.create_index(op.f("ix_thread_tag_name"), "thread_tag", ["name"])
    op.create_table(
        "lane_correction",
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("lane", WORD, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_lane_correction_thread_id_thread"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_lane_correction")),
    )
    op.create_index(op.f("ix_lane_correction_at"), "lane_correction", ["at"])
    op.create_table(
        "quote_permission",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_in_id", BIG, nullable=True),
        sa.Column("evidence_id", BIG, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["thread.id"],
            name=op.f("fk_quote_permission_thread_id_thread"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["asked_in_id"],
            ["message.id"],
            name=op.f("fk_quote_permission_asked_in_id_message"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["message.id"],
            name=op.f("fk_quote_permission_evidence_id_message"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["author.id"],
            name=op.f("fk_quote_permission_decided_by_id_author"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_permission")),
    )
    op.create_index(op.f("ix_quote_permission_thread_id"), "quote_permission", ["thread_id"])


def _tables_by_themselves() -> None:
    op.create_table(
        "saved_answer",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_answer")),
        sa.UniqueConstraint("title", name=op.f("uq_saved_answer_title")),
    )
    op.create_table(
        "inbox_settings",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("acknowledge", sa.Boolean(), nullable=False),
        sa.Column("acknowledge_days", BIG, nullable=False),
        sa.Column("acknowledge_words", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_inbox_settings_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_settings")),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_acknowledgement")),
    )
