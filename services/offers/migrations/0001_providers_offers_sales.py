"""Providers, contacts, sites, offers, sales."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "offers_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_providers()
    _create_contacts()
    _create_sites()
    _create_offers()
    _create_sales()


def downgrade() -> None:
    for table in ("sales", "offers", "sites", "contacts", "providers"):
        op.drop_table(table)


def _create_providers() -> None:
    op.create_table(
        "providers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("legal_id", sa.Text, nullable=False),
        sa.Column("website", sa.Text),
        sa.Column("programmes", ARRAY(sa.Text), nullable=False),
        sa.Column("quality_label", sa.Boolean, nullable=False),
        sa.Column("criteria", ARRAY(sa.Text), nullable=False),
        sa.Column("months_open", ARRAY(sa.BigInteger), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        _check("providers", "state", "state IN ('applied', 'accepted', 'refused')"),
        _check("providers", "decided", "(state = 'applied') = (decided_at IS NULL)"),
        _check("providers", "reason", "state <> 'refused' OR reason IS NOT NULL"),
    )
    op.create_index("ix_providers_state", "providers", ["state", "category"])
    op.create_index(
        "uq_providers_legal_id_accepted",
        "providers",
        ["legal_id"],
        unique=True,
        postgresql_where=sa.text("state = 'accepted'"),
    )


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("manager_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_contacts")),
        _of_provider("contacts"),
    )


def _create_sites() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("street", sa.Text, nullable=False),
        sa.Column("postal_code", sa.Text, nullable=False),
        sa.Column("insee", sa.Text, nullable=False),
        sa.Column("commune", sa.Text, nullable=False),
        sa.Column("latitude", sa.Float(53), nullable=False),
        sa.Column("longitude", sa.Float(53), nullable=False),
        sa.Column("booking_required", sa.Boolean, nullable=False),
        sa.Column("opening", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        _of_provider("sites"),
        _check("sites", "coordinates", "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180"),
    )
    op.create_index("ix_sites_provider_id", "sites", ["provider_id", "position"], unique=True)
    op.create_index("ix_sites_latitude_longitude", "sites", ["latitude", "longitude"])


def _create_offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("site_ids", ARRAY(sa.Text), nullable=False),
        sa.Column("title", JSONB, nullable=False),
        sa.Column("card_types", ARRAY(sa.Text), nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("percent", sa.BigInteger),
        sa.Column("price_cents", sa.BigInteger),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("standard_price_cents", sa.BigInteger, nullable=False),
        sa.Column("child_price_cents", sa.BigInteger),
        sa.Column("season", JSONB, nullable=False),
        sa.Column("pot_accepted", sa.Boolean, nullable=False),
        sa.Column("minimum_gross_cents", sa.BigInteger),
        sa.Column("max_children", sa.BigInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        _of_provider("offers"),
        *(_check("offers", name, condition) for name, condition in _OFFER_CHECKS.items()),
    )
    op.create_index("ix_offers_provider_id", "offers", ["provider_id", "state"])


def _create_sales() -> None:
    op.create_table(
        "sales",
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("offer_id", sa.Text, nullable=False),
        sa.Column("card_type", sa.Text, nullable=False),
        sa.Column("redemptions", sa.BigInteger, nullable=False),
        sa.Column("adults", sa.BigInteger, nullable=False),
        sa.Column("children", sa.BigInteger, nullable=False),
        sa.Column("gross_cents", sa.BigInteger, nullable=False),
        sa.Column("reduction_cents", sa.BigInteger, nullable=False),
        sa.Column("net_cents", sa.BigInteger, nullable=False),
        sa.Column("paid_from_pot_cents", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "day", "offer_id", "card_type", name=op.f("pk_sales")),
    )


_OFFER_CHECKS = {
    "state": "state IN ('draft', 'published', 'withdrawn')",
    "version": "version >= 0 AND (state <> 'published' OR version > 0)",
    "audience": "audience IN ('holder', 'children', 'household')",
    "base": "base IN ('standard_price', 'student_rate')",
    "kind": "kind IN ('percent', 'fixed_price', 'free')",
    "percent_given": "(kind = 'percent') = (percent IS NOT NULL)",
    "price_given": "(kind = 'fixed_price') = (price_cents IS NOT NULL)",
    "percent_range": "percent BETWEEN 1 AND 100",
    "prices_positive": "standard_price_cents > 0 AND price_cents > 0",
    "child_price": "audience <> 'children' OR coalesce(child_price_cents, 0) > 0",
    "limits_not_negative": "minimum_gross_cents >= 0 AND max_children >= 0",
}


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _of_provider(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f(f"fk_{table}_provider_id"))
