"""The tables of the scan: offers as published, redemptions with their draws, refused scans."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cards.models import Base

# What slows its device down: a typed number that is no card's, or one with a wrong code. A QR text cannot
# be guessed, so one that is unknown is a bad print or another ticket. The scan asks for it in these very
# words: the planner takes the index only for what it can prove to be the same.
GUESSED = "(medium = 'number' AND (reason = 'unknown_card' OR wrong_code))"

# When a visit took place: the device's word where it gave one, and never after it was recorded (a device's
# clock may be ahead); LEAST passes over what is null.
VISITED_AT = "least(occurred_at, redeemed_at)"
# The moment that the events of a redemption say. A row without `counted_as` is of the release that said when
# it was recorded: whoever counted it on that day must take it out of the same.
SAID_AT = f"CASE WHEN counted_as IS NULL THEN redeemed_at ELSE {VISITED_AT} END"
# Whose visit it was, for usage limits; an order of before that was known stands for itself.
COUNTED_AS = "coalesce(counted_as, order_id)"


class PublishedOffer(Base):
    """The local copy of an offer: prices come from here, never from a caller.

    ``terms`` is the payload of `offer_published`; none where only the withdrawal was heard.
    """

    __tablename__ = "published_offers"
    __table_args__ = (CheckConstraint("withdrawn OR terms IS NOT NULL", name="has_terms"),)

    offer_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    withdrawn: Mapped[bool]
    withdrawn_at: Mapped[datetime | None]
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class Redemption(Base):
    """An accepted scan; it is never changed but for its cancellation."""

    __tablename__ = "redemptions"
    __table_args__ = (
        CheckConstraint("adults >= 0 AND children >= 0 AND adults + children >= 1", name="party"),
        CheckConstraint("reduction_cents BETWEEN 0 AND gross_cents", name="reduction"),
        CheckConstraint("net_cents = gross_cents - reduction_cents", name="net"),
        CheckConstraint("paid_from_pot_cents BETWEEN 0 AND net_cents", name="paid"),
        CheckConstraint("due_cents = net_cents - paid_from_pot_cents", name="due"),
        # The scan counts uses and looks for repeats here; a cancelled use does not count.
        Index(
            "ix_redemptions_counted",
            text(COUNTED_AS),
            text(VISITED_AT),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
        # The release before this one counts uses by it, while it still serves; it goes with the next.
        Index(
            "ix_redemptions_uses", "order_id", "redeemed_at", postgresql_where=text("cancelled_at IS NULL")
        ),
        Index(None, "card_id", "id"),
        # What became of a provider's visits since a moment.
        Index("ix_redemptions_of_provider", "provider_id", "redeemed_at"),
        Index(
            "ix_redemptions_cancelled",
            "provider_id",
            "cancelled_at",
            postgresql_where=text("cancelled_at IS NOT NULL"),
        ),
        Index("ix_redemptions_of_device", "device_id", text(VISITED_AT), "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(ForeignKey("cards.id"))
    order_id: Mapped[str]
    counted_as: Mapped[str | None]
    household_id: Mapped[str]
    holder_id: Mapped[str]
    programme: Mapped[str]
    card_type: Mapped[str]
    provider_id: Mapped[str]
    site_id: Mapped[str]
    device_id: Mapped[str]
    offer_id: Mapped[str]
    medium: Mapped[str]
    adults: Mapped[int] = mapped_column(SmallInteger)
    children: Mapped[int] = mapped_column(SmallInteger)
    gross_cents: Mapped[int]
    reduction_cents: Mapped[int]
    net_cents: Mapped[int]
    paid_from_pot_cents: Mapped[int]
    due_cents: Mapped[int]
    redeemed_at: Mapped[datetime]
    # When the device says that it took place.
    occurred_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]

    @property
    def visited_at(self) -> datetime:
        """When the visit took place, as VISITED_AT says it in SQL."""
        return min(self.occurred_at or self.redeemed_at, self.redeemed_at)

    @property
    def said_at(self) -> datetime:
        """The moment that its events say, as SAID_AT says it in SQL."""
        return self.redeemed_at if self.counted_as is None else self.visited_at


class RedemptionDraw(Base):
    """What a redemption took from one pot."""

    __tablename__ = "redemption_draws"
    __table_args__ = (CheckConstraint("amount_cents > 0", name="amount"), Index(None, "pot_id"))

    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemptions.id"), primary_key=True)
    pot_id: Mapped[str] = mapped_column(ForeignKey("allowances.pot_id"), primary_key=True)
    amount_cents: Mapped[int]


class RefusedScan(Base):
    """A scan or quote that was refused: for support, and to slow down whoever guesses."""

    __tablename__ = "refused_scans"
    __table_args__ = (
        Index(None, "device_id", "refused_at"),
        Index("ix_refused_scans_guessed", "device_id", "refused_at", postgresql_where=text(GUESSED)),
        Index("ix_refused_scans_wrong_code", "card_id", "refused_at", postgresql_where=text("wrong_code")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    reason: Mapped[str]
    medium: Mapped[str]
    device_id: Mapped[str]
    provider_id: Mapped[str]
    site_id: Mapped[str]
    offer_id: Mapped[str]
    card_id: Mapped[str | None]
    wrong_code: Mapped[bool]
    refused_at: Mapped[datetime]
