"""The tables of `offers`: providers, their sites and offers, and what was sold; money is `bigint` cents."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, Float, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database.engine import metadata_for
from contracts.base import Season


class Base(DeclarativeBase):
    """What all tables share: the naming convention, text without length, times with zone."""

    metadata = metadata_for()
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as it is
        str: Text,
        int: BigInteger,
        float: Float(53),
        datetime: DateTime(timezone=True),
        date: Date,
        list[str]: ARRAY(Text),
        list[int]: ARRAY(BigInteger),
        list[Season]: JSONB,
        dict[str, Any]: JSONB,
    }


class Provider(Base):
    """Who accepts the cards. `name_key` is the name without accents, by which the listing is sorted."""

    __tablename__ = "providers"
    __table_args__ = (
        CheckConstraint("state IN ('applied', 'accepted', 'refused')", name="state"),
        CheckConstraint("(state = 'applied') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("state <> 'refused' OR reason IS NOT NULL", name="reason"),
        # Anybody may apply in anybody's name, so only an acceptance reserves a SIRET.
        Index(
            "uq_providers_legal_id_accepted", "legal_id", unique=True, postgresql_where="state = 'accepted'"
        ),
        Index("ix_providers_state", "state", "category"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(Text(collation="C"))
    category: Mapped[str]
    legal_id: Mapped[str]
    website: Mapped[str | None]
    programmes: Mapped[list[str]]
    quality_label: Mapped[bool]
    criteria: Mapped[list[str]]
    months_open: Mapped[list[int]]
    state: Mapped[str]
    reason: Mapped[str | None]
    applied_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class Contact(Base):
    """Whom to reach at a provider: a table of its own, which nothing public reads."""

    __tablename__ = "contacts"

    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"), primary_key=True)
    manager_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]


class Site(Base):
    """One place of a provider; coordinates in WGS 84 degrees, an empty `opening` means all year."""

    __tablename__ = "sites"
    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="coordinates"),
        Index("ix_sites_provider_id", "provider_id", "position", unique=True),
        Index("ix_sites_latitude_longitude", "latitude", "longitude"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"))
    position: Mapped[int]
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    insee: Mapped[str]
    commune: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    booking_required: Mapped[bool]
    opening: Mapped[list[Season]]


class Offer(Base):
    """What a provider grants. Empty `site_ids`: every site; empty `season`: all year.

    `version` is 0 until the first publication and grows with every announcement.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state"),
        CheckConstraint("version >= 0 AND (state <> 'published' OR version > 0)", name="version"),
        CheckConstraint("audience IN ('holder', 'children', 'household')", name="audience"),
        CheckConstraint("base IN ('standard_price', 'student_rate')", name="base"),
        CheckConstraint("kind IN ('percent', 'fixed_price', 'free')", name="kind"),
        CheckConstraint("(kind = 'percent') = (percent IS NOT NULL)", name="percent_given"),
        CheckConstraint("(kind = 'fixed_price') = (price_cents IS NOT NULL)", name="price_given"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent_range"),
        CheckConstraint("standard_price_cents > 0 AND price_cents > 0", name="prices_positive"),
        CheckConstraint("audience <> 'children' OR coalesce(child_price_cents, 0) > 0", name="child_price"),
        CheckConstraint("minimum_gross_cents >= 0 AND max_children >= 0", name="limits_not_negative"),
        Index("ix_offers_provider_id", "provider_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"))
    version: Mapped[int]
    state: Mapped[str]
    programme: Mapped[str]
    site_ids: Mapped[list[str]]
    title: Mapped[dict[str, Any]]
    card_types: Mapped[list[str]]
    audience: Mapped[str]
    kind: Mapped[str]
    percent: Mapped[int | None]
    price_cents: Mapped[int | None]
    base: Mapped[str]
    standard_price_cents: Mapped[int]
    child_price_cents: Mapped[int | None]
    season: Mapped[list[Season]]
    pot_accepted: Mapped[bool]
    minimum_gross_cents: Mapped[int | None]
    max_children: Mapped[int | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Counters:
    """What was sold, cancelled redemptions taken out.

    No foreign keys and no lower bounds: a fact that was heard is counted whatever else is known, and a
    cancellation may be heard before its redemption.
    """

    redemptions: Mapped[int]
    adults: Mapped[int]
    children: Mapped[int]
    gross_cents: Mapped[int]
    reduction_cents: Mapped[int]
    net_cents: Mapped[int]
    paid_from_pot_cents: Mapped[int]


class Sales(Counters, Base):
    """What one offer sold on one civil day (Paris) to one card type."""

    __tablename__ = "sales"

    provider_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    offer_id: Mapped[str] = mapped_column(primary_key=True)
    card_type: Mapped[str] = mapped_column(primary_key=True)


class SiteSales(Counters, Base):
    """What one site sold on one civil day (Paris), since sites are counted.

    A table of its own: the key of `sales` cannot grow while processes of before still count into it.
    """

    __tablename__ = "site_sales"

    provider_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(primary_key=True)
