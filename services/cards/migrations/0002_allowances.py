"""Allowances with their raises and releases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "cards_0002"
down_revision = "cards_0001"
branch_labels = None
depends_on = None

# What happened is corrected by another row, never by changing what was written.
REFUSE_CHANGES = """
CREATE FUNCTION refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY_TABLES = ("allowance_raises", "allowance_releases")


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("pot_id", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("pot_code", sa.Text(), nullable=False),
        sa.Column("categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("credited_cents", sa.BigInteger(), nullable=False),
        sa.Column("spend_from", sa.Date(), nullable=False),
        sa.Column("spend_until", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_allowances_never_negative")),
        sa.CheckConstraint(
            "closed_at IS NULL OR amount_cents = 0", name=op.f("ck_allowances_closed_is_empty")
        ),
        sa.PrimaryKeyConstraint("pot_id", name=op.f("pk_allowances")),
    )
    op.create_index(
        op.f("ix_allowances_household_id_programme"),
        "allowances",
        ["household_id", "programme"],
        unique=False,
    )
    op.create_index(
        "ix_allowances_open",
        "allowances",
        ["programme", "spend_until"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "allowance_raises",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("pot_id", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_allowance_raises_amount")),
        sa.ForeignKeyConstraint(["pot_id"], ["allowances.pot_id"], name=op.f("fk_allowance_raises_pot_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_allowance_raises")),
    )
    op.create_index(op.f("ix_allowance_raises_pot_id"), "allowance_raises", ["pot_id"], unique=False)
    op.create_table(
        "allowance_releases",
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("pot_id", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_allowance_releases_amount")),
        sa.ForeignKeyConstraint(["pot_id"], ["allowances.pot_id"], name=op.f("fk_allowance_releases_pot_id")),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_allowance_releases")),
    )
    op.create_index(op.f("ix_allowance_releases_pot_id"), "allowance_releases", ["pot_id"], unique=False)
    op.execute(REFUSE_CHANGES)
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_changes()"
        )


def downgrade() -> None:
    for table in ("allowance_releases", "allowance_raises", "allowances"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_changes()")
