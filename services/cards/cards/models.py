"""The tables of orders and cards, and the base that the service's other tables share."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database.engine import metadata_for


class Base(DeclarativeBase):
    """Ids are text, money is bigint cents, instants are timestamptz, days are dates."""

    metadata = metadata_for()
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
    }


class Order(Base):
    """Somebody asked for a card. Of the person it keeps only what the scan must show."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("amount_due_cents >= 0", name="amount_due"),
        CheckConstraint("adults >= 0 AND children >= 0 AND adults + children >= 1", name="household"),
        CheckConstraint("validated_at IS NULL OR approved_at IS NOT NULL", name="approved_first"),
        Index(None, "household_id"),
        Index(None, "account_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    programme: Mapped[str]
    card_type: Mapped[str]
    channel: Mapped[str]
    channel_note: Mapped[str | None]
    placed_by: Mapped[str]
    account_id: Mapped[str]
    # The number of the change that the account comes from: events of two changes may come in any order.
    account_change: Mapped[int] = mapped_column(default=0)
    household_id: Mapped[str]
    holder_id: Mapped[str]
    # Whom usage limits count, the same for each order of theirs; none in orders of before it was known.
    counted_as: Mapped[str | None]
    # The household on the day of the order, its holder included.
    adults: Mapped[int] = mapped_column(SmallInteger)
    children: Mapped[int] = mapped_column(SmallInteger)
    holder_first_name: Mapped[str]
    age_band: Mapped[str]
    contract_end: Mapped[date | None]
    amount_due_cents: Mapped[int]
    placed_at: Mapped[datetime]
    # What was heard so far; either may come first.
    approved_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    reason_code: Mapped[str | None]
    validated_at: Mapped[datetime | None]

    @property
    def persons(self) -> int:
        """The size of the household, which sizes its pots."""
        return self.adults + self.children

    @property
    def paid(self) -> bool:
        """Whether nothing is left to pay."""
        return self.amount_due_cents == 0 or self.paid_at is not None


class Card(Base):
    """A card; what is printed on it is sealed, and found by its hashes."""

    __tablename__ = "cards"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoked_reason IS NULL)", name="revoked_for_a_reason"),
        Index(None, "order_id"),
        Index(None, "household_id", "programme"),
        # The few whose household's pots are closed.
        Index(
            "ix_cards_revoked_for_good",
            "programme",
            "revoked_at",
            postgresql_where=text("revoked_reason IN ('error', 'fraud')"),
        ),
        # An order makes one card, however often it is said to be approved and paid.
        Index("uq_cards_first_of_order", "order_id", unique=True, postgresql_where=text("replaces IS NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    household_id: Mapped[str]
    programme: Mapped[str]
    card_type: Mapped[str]
    qr_hash: Mapped[bytes] = mapped_column(unique=True)
    number_hash: Mapped[bytes] = mapped_column(unique=True)
    number_ends: Mapped[str]
    sealed: Mapped[bytes]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]
    revoked_by: Mapped[str | None]
    # A card is replaced once: a second reissue replaces the new card.
    replaces: Mapped[str | None] = mapped_column(ForeignKey("cards.id"), unique=True)
