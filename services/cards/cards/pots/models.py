"""The tables of allowances: what may still be spent, and every raise, draw and release that made it so.

``amount = raises - draws - releases`` for every pot, always; the last three only ever grow.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cards.models import Base


class Allowance(Base):
    """What a household may still spend of a pot; never more than the wallet holds for it."""

    __tablename__ = "allowances"
    __table_args__ = (
        CheckConstraint("amount_cents >= 0", name="never_negative"),
        CheckConstraint("closed_at IS NULL OR amount_cents = 0", name="closed_is_empty"),
        Index(None, "household_id", "programme"),
        Index("ix_allowances_open", "programme", "spend_until", postgresql_where=text("closed_at IS NULL")),
    )

    pot_id: Mapped[str] = mapped_column(primary_key=True)
    household_id: Mapped[str]
    programme: Mapped[str]
    pot_code: Mapped[str]
    # Provider categories that the pot may pay; empty means all.
    categories: Mapped[list[str]] = mapped_column(JSONB)
    amount_cents: Mapped[int]
    credited_cents: Mapped[int]
    spend_from: Mapped[date]
    spend_until: Mapped[date]
    closed_at: Mapped[datetime | None]
    # Since when it pays nothing: the first of the household's disputes that are still open.
    locked_at: Mapped[datetime | None]


class AllowanceRaise(Base):
    """A credit, or what a cancelled redemption gave back; ``source_id`` makes each count once."""

    __tablename__ = "allowance_raises"
    __table_args__ = (CheckConstraint("amount_cents > 0", name="amount"), Index(None, "pot_id"))

    source_id: Mapped[str] = mapped_column(primary_key=True)
    pot_id: Mapped[str] = mapped_column(ForeignKey("allowances.pot_id"))
    amount_cents: Mapped[int]
    raised_at: Mapped[datetime]


class AllowanceRelease(Base):
    """Money taken off an allowance so that the wallet may give it back; 0 where only the closing counts."""

    __tablename__ = "allowance_releases"
    __table_args__ = (CheckConstraint("amount_cents >= 0", name="amount"), Index(None, "pot_id"))

    release_id: Mapped[str] = mapped_column(primary_key=True)
    pot_id: Mapped[str] = mapped_column(ForeignKey("allowances.pot_id"))
    amount_cents: Mapped[int]
    reason: Mapped[str]
    released_at: Mapped[datetime]
