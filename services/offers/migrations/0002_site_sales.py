"""What each site sold, from now on."""

import sqlalchemy as sa
from alembic import op

revision = "offers_0002"
down_revision = "offers_0001"
branch_labels = None
depends_on = None

_COUNTERS = (
    *("redemptions", "adults", "children", "gross_cents", "reduction_cents", "net_cents"),
    "paid_from_pot_cents",
)


def upgrade() -> None:
    op.create_table(
        "site_sales",
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("site_id", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _COUNTERS),
        sa.PrimaryKeyConstraint("provider_id", "day", "site_id", name=op.f("pk_site_sales")),
    )


def downgrade() -> None:
    op.drop_table("site_sales")
