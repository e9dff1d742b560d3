"""The books as gauges: the checks a slice of pots at a time, the sums of the money equation once a minute."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from math import nan

from sqlalchemy.orm import Session

from chassis.metrics import gauge
from wallet.totals import (
    Walk,
    allow_long_statements,
    count_negative_pots,
    get_money_sums,
    take_step,
)

_unbalanced = gauge("ledger_unbalanced", "Pots whose balance is not the fold of their transfers; must be 0")
_negative = gauge("ledger_negative_pots", "Pots below zero; must be 0")

_sums = {
    "balance": gauge("pot_balance_cents", "What all pots hold."),
    "announced": gauge("pots_announced_cents", "All that was ever announced for allowances to be raised by."),
    "debited": gauge("pots_debited_cents", "All redemptions' draws that ever reached the ledger."),
    "returned": gauge("pots_returned_cents", "All that ever went back from pots to their funders."),
}

# One walk a process: several processes walk on their own, which costs little and needs no agreement.
_walk = Walk()


def measure_ledger(session: Session) -> None:
    """Check the next pots and say how many are wrong."""
    take_step(session, _walk)
    _unbalanced.set(len(_walk.unbalanced))
    _negative.set(count_negative_pots(session))


def measure_money(transaction: Callable[[], AbstractContextManager[Session]]) -> None:
    """Set the wallet's side of the money equation, all four sums from one moment.

    Reads every transfer's amount from an index, a million of them in about 0.25 s: hence once a minute.
    """
    # Not a number until it is known again: an old figure must not pass for today's.
    sums: dict[str, float] = dict.fromkeys(_sums, nan)
    try:
        with transaction() as session:
            allow_long_statements(session)
            sums.update(get_money_sums(session))
    finally:
        _show(sums)


def _show(sums: dict[str, float]) -> None:
    for name, cents in sums.items():
        _sums[name].set(cents)


_show(dict.fromkeys(_sums, nan))
