"""The function by which a statement fails where what it wrote must not be committed."""

from alembic import op

revision = "cards_0008"
down_revision = "cards_0007"
branch_labels = None
depends_on = None

# Volatile, so that no planner asks it beforehand.
ABORT_UNLESS = """
CREATE OR REPLACE FUNCTION abort_unless(holds boolean, otherwise text) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF holds IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = otherwise;
    END IF;
    RETURN true;
END $$
"""


def upgrade() -> None:
    op.execute(ABORT_UNLESS)


def downgrade() -> None:
    # It stays: the code that still serves calls it, and to the code of before it is nothing.
    pass
