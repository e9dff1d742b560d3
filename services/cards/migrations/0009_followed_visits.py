"""The indexes by which a provider's page is told what became of visits, built while scans go on."""

import sqlalchemy as sa
from alembic import op

revision = "cards_0009"
down_revision = "cards_0008"
branch_labels = None
depends_on = None

INDEXES = {"ix_redemptions_of_provider": "redeemed_at", "ix_redemptions_cancelled": "cancelled_at"}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, moment in INDEXES.items():
            # One that was given up on the way is left behind and used for nothing.
            op.drop_index(name, table_name="redemptions", if_exists=True, postgresql_concurrently=True)
            where = sa.text("cancelled_at IS NOT NULL") if moment == "cancelled_at" else None
            op.create_index(
                name,
                "redemptions",
                ["provider_id", moment],
                postgresql_where=where,
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.drop_index(name, table_name="redemptions", if_exists=True, postgresql_concurrently=True)
