"""The indexes by which people are recognised across orders, built while orders go on."""

from alembic import op

revision = "identity_0005"
down_revision = "identity_0004"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_people_birth_fingerprint": ("people", "birth_fingerprint"),
    "ix_applications_household_id": ("applications", "household_id"),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, column) in INDEXES.items():
            # One that was given up on the way is left behind and used for nothing.
            _drop(name, table)
            op.create_index(name, table, [column], postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, _) in INDEXES.items():
            _drop(name, table)


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
