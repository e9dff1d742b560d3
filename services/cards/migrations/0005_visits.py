"""Visits count when they took place, for whom the limits belong to, whichever of their cards was scanned."""

import sqlalchemy as sa
from alembic import op

revision = "cards_0005"
down_revision = "cards_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable: the code that still serves places orders and records scans without them.
    op.add_column("orders", sa.Column("counted_as", sa.Text(), nullable=True))
    op.add_column("redemptions", sa.Column("counted_as", sa.Text(), nullable=True))
    op.add_column("published_offers", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    # Their indexes are built by cards_0007, which lets scans go on meanwhile.


def downgrade() -> None:
    op.drop_column("published_offers", "withdrawn_at")
    op.drop_column("redemptions", "counted_as")
    op.drop_column("orders", "counted_as")
