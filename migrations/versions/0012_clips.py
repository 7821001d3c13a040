"""clips, feeds, what was sent before, and the reminders of a slot

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "feed",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("url_hash", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("site_url", sa.String(length=2000), nullable=False),
        sa.Column("etag", sa.String(length=500), nullable=False),
        sa.Column("last_modified", sa.String(length=100), nullable=False),
        sa.Column("followed_at", moment, nullable=False),
        sa.Column("polled_at", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("failures", big, nullable=False),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("url_hash", name=op.f("uq_feed_url_hash")),
    )
    op.create_index(op.f("ix_feed_due_at"), "feed", ["due_at"])
    op.create_table(
        "slot_reminder",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("slot", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=32), nullable=False),
        sa.Column("picked", sa.SmallInteger(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_reminder")),
        sa.UniqueConstraint("slot", "day", name=op.f("uq_slot_reminder_slot_day")),
    )
    op.create_table(
        "feed_entry",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("feed_id", big, nullable=False),
        sa.Column("guid_hash", sa.String(length=64), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_feed_entry_feed_id_feed"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_entry")),
        sa.UniqueConstraint("feed_id", "guid_hash", name=op.f("uq_feed_entry_feed_id_guid_hash")),
    )
    op.create_table(
        "clip",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.Column("author_id", big, nullable=True),
        sa.Column("feed_id", big, nullable=True),
        sa.Column("issue_id", big, nullable=True),
        sa.Column("duplicate_of_id", big, nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("byline", sa.String(length=300), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("minutes", sa.SmallInteger(), nullable=True),
        sa.Column("excerpt", sa.String(length=500), nullable=False),
        sa.Column("picture", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("read_state", sa.String(length=32), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.Column("attempts", big, nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("clipped_at", moment, nullable=False),
        sa.Column("moved_at", moment, nullable=False),
        sa.Column("edited_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["author.id"], name=op.f("fk_clip_author_id_author"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["clip.id"], name=op.f("fk_clip_duplicate_of_id_clip"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_clip_feed_id_feed"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_clip_issue_id_issue"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clip")),
    )
    op.create_index(op.f("ix_clip_due_at"), "clip", ["due_at"])
    op.create_index(op.f("ix_clip_duplicate_of_id"), "clip", ["duplicate_of_id"])
    op.create_index(op.f("ix_clip_issue_id"), "clip", ["issue_id"])
    op.create_index(op.f("ix_clip_key_hash"), "clip", ["key_hash"])
    op.create_index("ix_clip_state_clipped_at", "clip", ["state", "clipped_at"])
    op.create_table(
        "digest_draft",
        sa.Column("issue_id", big, autoincrement=False, nullable=False),
        sa.Column("version", big, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_digest_draft_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_digest_draft")),
    )
    op.create_table(
        "sent_link",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("issue_id", big, nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_sent_link_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_link")),
        sa.UniqueConstraint("issue_id", "number", name=op.f("uq_sent_link_issue_id_number")),
    )
    op.create_index(op.f("ix_sent_link_key_hash"), "sent_link", ["key_hash"])
