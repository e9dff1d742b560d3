"""The table of disputes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cards.models import Base


class Dispute(Base):
    """A holder said that a visit was not theirs; open until an officer has decided, once.

    ``not_cancelled_because`` is the code of the refusal that an upheld dispute's cancellation met.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("outcome IN ('upheld', 'rejected')", name="outcome"),
        CheckConstraint(
            "(outcome IS NULL) = (decided_at IS NULL) AND (outcome IS NULL) = (decided_by IS NULL)",
            name="decided_as_a_whole",
        ),
        # Those that lock a household's pots.
        Index("ix_disputes_open", "household_id", "programme", postgresql_where=text("outcome IS NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemptions.id"), unique=True)
    household_id: Mapped[str]
    programme: Mapped[str]
    note: Mapped[str | None]
    opened_at: Mapped[datetime]
    outcome: Mapped[str | None]
    decision_note: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    not_cancelled_because: Mapped[str | None]
