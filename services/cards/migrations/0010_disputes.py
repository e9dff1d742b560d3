"""Disputes of visits, and since when a pot is locked by one."""

import sqlalchemy as sa
from alembic import op

revision = "cards_0010"
down_revision = "cards_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a default, no row is rewritten; the code that still serves does not name the column, and draws
    # on a pot that is locked until the last of its processes has ended.
    op.add_column("allowances", sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "disputes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("redemption_id", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_cancelled_because", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('upheld', 'rejected')", name=op.f("ck_disputes_outcome")),
        sa.CheckConstraint(
            "(outcome IS NULL) = (decided_at IS NULL) AND (outcome IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_disputes_decided_as_a_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemptions.id"], name=op.f("fk_disputes_redemption_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("redemption_id", name=op.f("uq_disputes_redemption_id")),
    )
    op.create_index(
        "ix_disputes_open",
        "disputes",
        ["household_id", "programme"],
        unique=False,
        postgresql_where=sa.text("outcome IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("disputes")
    op.drop_column("allowances", "locked_at")
