"""The nights' reconciliations and what they found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "wallet_0002"
down_revision = "wallet_0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("lease_id", sa.Text, nullable=False),
        sa.Column("lease_until", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("findings", postgresql.JSONB),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_reconciliations")),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (findings IS NULL)", name=op.f("ck_reconciliations_finished")
        ),
    )


def downgrade() -> None:
    op.drop_table("reconciliations")
