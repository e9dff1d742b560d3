"""The number of the change that an order's account comes from."""

import sqlalchemy as sa
from alembic import op

revision = "cards_0006"
down_revision = "cards_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A default that is no expression rewrites no row; the code that still serves does not name the column.
    op.add_column(
        "orders", sa.Column("account_change", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )


def downgrade() -> None:
    op.drop_column("orders", "account_change")
