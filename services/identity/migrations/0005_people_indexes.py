"""The indexes by which people are recognised across orders, built while orders go on."""

from alembic import op

revision = "identity_0005"
down_revision = "identity_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # One that was given up on the way is left behind and used for nothing.
        _drop("ix_people_birth_fingerprint", "people")
        op.create_index(
            "ix_people_birth_fingerprint", "people", ["birth_fingerprint"], postgresql_concurrently=True
        )
        _drop("ix_applications_household_id", "applications")
        op.create_index(
            "ix_applications_household_id", "applications", ["household_id"], postgresql_concurrently=True
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("ix_applications_household_id", "applications")
        _drop("ix_people_birth_fingerprint", "people")


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
