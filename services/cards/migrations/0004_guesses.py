"""Guesses of a device are typed numbers and wrong codes, no longer QR texts that nobody has."""

import sqlalchemy as sa
from alembic import op

revision = "cards_0004"
down_revision = "cards_0003"
branch_labels = None
depends_on = None

GUESSED = "(medium = 'number' AND (reason = 'unknown_card' OR wrong_code))"
COLUMNS = ["device_id", "refused_at"]


def upgrade() -> None:
    # The code that still serves asks for unknown cards: it finds them among all refusals of a device.
    op.create_index(
        "ix_refused_scans_guessed", "refused_scans", COLUMNS, unique=False, postgresql_where=sa.text(GUESSED)
    )
    op.drop_index("ix_refused_scans_unknown", table_name="refused_scans")


def downgrade() -> None:
    op.create_index(
        "ix_refused_scans_unknown",
        "refused_scans",
        COLUMNS,
        unique=False,
        postgresql_where=sa.text("reason = 'unknown_card'"),
    )
    op.drop_index("ix_refused_scans_guessed", table_name="refused_scans")
