"""A person's fingerprint under the birth name, and whom a person's visits count for in a programme."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0003"
down_revision = "identity_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("birth_fingerprint", sa.Text))
    # Its index is built by identity_0005, beside the code that serves.
    op.create_table(
        "counted_people",
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("counted_as", sa.Text, nullable=False),
        sa.CheckConstraint("way IN ('holder', 'household')", name=op.f("ck_counted_people_way")),
        sa.PrimaryKeyConstraint("programme", "fingerprint", "way", name=op.f("pk_counted_people")),
    )


def downgrade() -> None:
    op.drop_table("counted_people")
    op.drop_column("people", "birth_fingerprint")
