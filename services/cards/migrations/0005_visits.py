"""Visits count when they took place, for whom the limits belong to, whichever of their cards was scanned."""

import sqlalchemy as sa
from alembic import op

revision = "cards_0005"
down_revision = "cards_0004"
branch_labels = None
depends_on = None

VISITED_AT = sa.text("least(occurred_at, redeemed_at)")


def upgrade() -> None:
    # Nullable: the code that still serves places orders and records scans without them.
    op.add_column("orders", sa.Column("counted_as", sa.Text(), nullable=True))
    op.add_column("redemptions", sa.Column("counted_as", sa.Text(), nullable=True))
    op.add_column("published_offers", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    # That code goes on counting by ix_redemptions_uses, which the next release drops.
    op.create_index(
        "ix_redemptions_counted",
        "redemptions",
        [sa.text("coalesce(counted_as, order_id)"), VISITED_AT],
        unique=False,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_index("ix_redemptions_of_device", "redemptions", ["device_id", VISITED_AT, "id"], unique=False)
    op.drop_index("ix_redemptions_device_id_id", table_name="redemptions")
    op.create_index(
        "ix_cards_revoked_for_good",
        "cards",
        ["programme", "revoked_at"],
        unique=False,
        postgresql_where=sa.text("revoked_reason IN ('error', 'fraud')"),
    )


def downgrade() -> None:
    op.drop_index("ix_cards_revoked_for_good", table_name="cards")
    op.create_index("ix_redemptions_device_id_id", "redemptions", ["device_id", "id"], unique=False)
    op.drop_index("ix_redemptions_of_device", table_name="redemptions")
    op.drop_index("ix_redemptions_counted", table_name="redemptions")
    op.drop_column("published_offers", "withdrawn_at")
    op.drop_column("redemptions", "counted_as")
    op.drop_column("orders", "counted_as")
