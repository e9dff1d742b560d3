"""Locking a household's pots while one of its disputes is open.

The lock stands in the pots' own rows, where a scan looks anyway. Whoever opens or decides a dispute takes the
household's turn, whoever opens a pot shares it: so neither overlooks the other. Locks are taken in one order:
dispute, redemption, turn, then pots by ``pot_id``.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cards.disputes.models import Dispute
from cards.pots.models import Allowance


def take_turn(session: Session, household_id: str) -> None:
    """Wait until nobody else opens or decides a dispute, or opens a pot, of this household."""
    session.execute(select(func.pg_advisory_xact_lock(_turn_of(household_id))))


def share_turn(session: Session, household_id: str) -> None:
    """Wait until nobody opens or decides a dispute of this household; others may open pots of it."""
    session.execute(select(func.pg_advisory_xact_lock_shared(_turn_of(household_id))))


def locked_since(session: Session, household_id: str, programme: str) -> datetime | None:
    """When the first of the household's disputes that are still open was opened; asked in its turn."""
    return session.scalar(
        select(func.min(Dispute.opened_at)).where(
            Dispute.household_id == household_id, Dispute.programme == programme, Dispute.outcome.is_(None)
        )
    )


def lock_or_unlock(session: Session, household_id: str, programme: str) -> None:
    """Bring the household's pots in line with its disputes; in its turn."""
    since = locked_since(session, household_id, programme)
    pots = session.scalars(
        select(Allowance)
        .where(Allowance.household_id == household_id, Allowance.programme == programme)
        .order_by(Allowance.pot_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    for pot in pots:
        pot.locked_at = since
    session.flush()


def locked_pot_ids(session: Session, household_id: str, programme: str) -> list[str]:
    """Which of the household's pots pay nothing at present."""
    locked = select(Allowance.pot_id).where(
        Allowance.household_id == household_id,
        Allowance.programme == programme,
        Allowance.locked_at.is_not(None),
    )
    return list(session.scalars(locked.order_by(Allowance.pot_id)))


def _turn_of(household_id: str) -> object:
    # A turn of its own: scans wait for theirs by the bare id.
    return func.hashtextextended(f"disputes of {household_id}", 0)
