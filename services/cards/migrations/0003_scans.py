"""Published offers, redemptions with their draws, refused scans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "cards_0003"
down_revision = "cards_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_offers",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("terms", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("withdrawn OR terms IS NOT NULL", name=op.f("ck_published_offers_has_terms")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_published_offers")),
    )
    op.create_table(
        "redemptions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("card_type", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("adults", sa.SmallInteger(), nullable=False),
        sa.Column("children", sa.SmallInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("reduction_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_from_pot_cents", sa.BigInteger(), nullable=False),
        sa.Column("due_cents", sa.BigInteger(), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "adults >= 0 AND children >= 0 AND adults + children >= 1", name=op.f("ck_redemptions_party")
        ),
        sa.CheckConstraint("due_cents = net_cents - paid_from_pot_cents", name=op.f("ck_redemptions_due")),
        sa.CheckConstraint("net_cents = gross_cents - reduction_cents", name=op.f("ck_redemptions_net")),
        sa.CheckConstraint("paid_from_pot_cents BETWEEN 0 AND net_cents", name=op.f("ck_redemptions_paid")),
        sa.CheckConstraint(
            "reduction_cents BETWEEN 0 AND gross_cents", name=op.f("ck_redemptions_reduction")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_redemptions_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemptions")),
    )
    op.create_index(op.f("ix_redemptions_card_id_id"), "redemptions", ["card_id", "id"], unique=False)
    op.create_index(op.f("ix_redemptions_device_id_id"), "redemptions", ["device_id", "id"], unique=False)
    op.create_index(
        "ix_redemptions_uses",
        "redemptions",
        ["order_id", "redeemed_at"],
        unique=False,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "redemption_draws",
        sa.Column("redemption_id", sa.Text(), nullable=False),
        sa.Column("pot_id", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_redemption_draws_amount")),
        sa.ForeignKeyConstraint(["pot_id"], ["allowances.pot_id"], name=op.f("fk_redemption_draws_pot_id")),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemptions.id"], name=op.f("fk_redemption_draws_redemption_id")
        ),
        sa.PrimaryKeyConstraint("redemption_id", "pot_id", name=op.f("pk_redemption_draws")),
    )
    op.create_index(op.f("ix_redemption_draws_pot_id"), "redemption_draws", ["pot_id"], unique=False)
    op.execute(
        "CREATE TRIGGER redemption_draws_append_only BEFORE UPDATE OR DELETE ON redemption_draws "
        "FOR EACH ROW EXECUTE FUNCTION refuse_changes()"
    )
    op.create_table(
        "refused_scans",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("card_id", sa.Text(), nullable=True),
        sa.Column("wrong_code", sa.Boolean(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_scans")),
    )
    op.create_index(
        op.f("ix_refused_scans_device_id_refused_at"),
        "refused_scans",
        ["device_id", "refused_at"],
        unique=False,
    )
    op.create_index(
        "ix_refused_scans_unknown",
        "refused_scans",
        ["device_id", "refused_at"],
        unique=False,
        postgresql_where=sa.text("reason = 'unknown_card'"),
    )
    op.create_index(
        "ix_refused_scans_wrong_code",
        "refused_scans",
        ["card_id", "refused_at"],
        unique=False,
        postgresql_where=sa.text("wrong_code"),
    )


def downgrade() -> None:
    for table in ("refused_scans", "redemption_draws", "redemptions", "published_offers"):
        op.drop_table(table)
