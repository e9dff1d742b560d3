"""The indexes by which visits are counted and listed, built while scans go on."""

import sqlalchemy as sa
from alembic import op

revision = "cards_0007"
down_revision = "cards_0006"
branch_labels = None
depends_on = None

VISITED_AT = sa.text("least(occurred_at, redeemed_at)")


def upgrade() -> None:
    # Otherwise no scan would be recorded until they are built: seconds for each million rows. Each is dropped
    # first, as one that was given up on the way is left behind and used for nothing.
    with op.get_context().autocommit_block():
        _drop("ix_redemptions_counted", "redemptions")
        # The code that still serves goes on counting by ix_redemptions_uses, which the next release drops.
        op.create_index(
            "ix_redemptions_counted",
            "redemptions",
            [sa.text("coalesce(counted_as, order_id)"), VISITED_AT],
            postgresql_where=sa.text("cancelled_at IS NULL"),
            postgresql_concurrently=True,
        )
        _drop("ix_redemptions_of_device", "redemptions")
        op.create_index(
            "ix_redemptions_of_device",
            "redemptions",
            ["device_id", VISITED_AT, "id"],
            postgresql_concurrently=True,
        )
        _drop("ix_redemptions_device_id_id", "redemptions")
        _drop("ix_cards_revoked_for_good", "cards")
        op.create_index(
            "ix_cards_revoked_for_good",
            "cards",
            ["programme", "revoked_at"],
            postgresql_where=sa.text("revoked_reason IN ('error', 'fraud')"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("ix_cards_revoked_for_good", "cards")
        op.create_index(
            "ix_redemptions_device_id_id",
            "redemptions",
            ["device_id", "id"],
            if_not_exists=True,
            postgresql_concurrently=True,
        )
        _drop("ix_redemptions_of_device", "redemptions")
        _drop("ix_redemptions_counted", "redemptions")


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
