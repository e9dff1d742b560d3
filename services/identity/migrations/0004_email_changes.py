"""Another e-mail address for an order."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0004"
down_revision = "identity_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "email_changes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("holder_id", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("new_email", sa.Text),
        sa.Column("old_email", sa.Text),
        sa.Column("old_account_id", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("confirmed_at", moment),
        sa.CheckConstraint("attempts BETWEEN 0 AND 5", name=op.f("ck_email_changes_attempts")),
        sa.CheckConstraint(
            "old_email IS NULL OR confirmed_at IS NOT NULL", name=op.f("ck_email_changes_old_email")
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["people.id"], name=op.f("fk_email_changes_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_changes")),
        sa.UniqueConstraint("seq", name=op.f("uq_email_changes_seq")),
    )
    op.create_index("ix_email_changes_holder_id", "email_changes", ["holder_id", "seq"])
    op.create_index("ix_email_changes_address_key", "email_changes", ["address_key", "created_at"])


def downgrade() -> None:
    op.drop_table("email_changes")
