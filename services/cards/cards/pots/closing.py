"""Closing pots that nobody may spend any more: their last day has passed, or their cards were revoked.

Always after the programme's late window, until whose end a visit of before may still be heard of.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from cards.pots.allowances import close_pot
from cards.pots.models import Allowance
from cards.pots.revoked_households import is_cut_off
from cards.transactions import Transaction
from chassis.calls.caller import service_caller
from chassis.clock import now
from contracts.programmes import Programme
from contracts.programmes.days import local_day

# Few enough that no scan waits long for a pot of this transaction.
BATCH_SIZE = 50
Why = Literal["spend_until_passed", "card_revoked"]


def close_pots(transaction: Transaction, programmes: Iterable[Programme]) -> int:
    """Close every open pot after its last day (inclusive, in the programme's timezone), and those of which no
    card may spend any more; return how many."""
    return sum(_close_all(transaction, programme, why) for programme in programmes for why in get_args(Why))


def _close_all(transaction: Transaction, programme: Programme, why: Why) -> int:
    closed = 0
    while True:
        with transaction() as session:
            batch = close_batch(session, programme, why)
        closed += batch
        if batch < BATCH_SIZE:
            return closed


def close_batch(session: Session, programme: Programme, why: Why) -> int:
    """Close up to ``BATCH_SIZE`` pots of a programme; those that another process works on are left to it."""
    # What took place before this moment has been heard of.
    heard_until = now() - timedelta(seconds=programme.late_window_s)
    due = (
        select(Allowance)
        .where(
            Allowance.programme == programme.code,
            Allowance.closed_at.is_(None),
            _is_over(programme, why, heard_until),
        )
        .order_by(Allowance.pot_id)
        .limit(BATCH_SIZE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    pots = session.scalars(due).all()
    for pot in pots:
        close_pot(session, service_caller("cards"), pot, why)
    return len(pots)


def _is_over(programme: Programme, why: Why, heard_until: datetime) -> ColumnElement[bool]:
    if why == "card_revoked":
        return is_cut_off(programme.code, heard_until)
    return Allowance.spend_until < local_day(heard_until, programme.timezone)
