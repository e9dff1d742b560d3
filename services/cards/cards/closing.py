"""Closing pots whose last day has passed."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.allowances import close_pot
from cards.pot_models import Allowance
from cards.transactions import Transaction
from chassis.caller import service_caller
from chassis.clock import now
from contracts.programmes import Programme
from contracts.programmes.days import local_day

# Few enough that no scan waits long for a pot of this transaction.
BATCH_SIZE = 50


def close_spent_pots(transaction: Transaction, programmes: Iterable[Programme]) -> int:
    """Close every open pot after its last day (inclusive, in the programme's timezone); return how many."""
    return sum(_close_all(transaction, programme) for programme in programmes)


def _close_all(transaction: Transaction, programme: Programme) -> int:
    closed = 0
    while True:
        with transaction() as session:
            batch = close_batch(session, programme)
        closed += batch
        if batch < BATCH_SIZE:
            return closed


def close_batch(session: Session, programme: Programme) -> int:
    """Close up to ``BATCH_SIZE`` pots of a programme; those that another process works on are left to it."""
    due = (
        select(Allowance)
        .where(
            Allowance.programme == programme.code,
            Allowance.closed_at.is_(None),
            Allowance.spend_until < local_day(now(), programme.timezone),
        )
        .order_by(Allowance.pot_id)
        .limit(BATCH_SIZE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    pots = session.scalars(due).all()
    for pot in pots:
        close_pot(session, service_caller("cards"), pot, "spend_until_passed")
    return len(pots)
