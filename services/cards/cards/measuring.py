"""The cards' side of the money equation as gauges, from which alerts compute the drift.

Reads every raise, draw and release, a million of them in about 0.25 s, which is why it runs once a minute.
"""

from math import nan

from sqlalchemy import text

from cards.pots.allowances import get_allowance_totals
from cards.transactions import Transaction
from chassis.metrics import gauge

# Nobody waits for it, so it may read for longer than a scan; beyond this it is time for running totals.
MEASURING_STATEMENT_TIMEOUT_S = 10

_gauges = {
    "allowance_cents": gauge("allowance_cents", "What may still be spent of all pots."),
    "raised_cents": gauge("allowance_raised_cents", "All that allowances were ever raised by."),
    "drawn_cents": gauge("allowance_drawn_cents", "All that redemptions ever drew from allowances."),
    "released_cents": gauge("allowance_released_cents", "All that was ever released from allowances."),
}


def measure_allowances(transaction: Transaction) -> None:
    """Set the gauges, all four from one moment."""
    # Not a number until it is known again: an old figure must not pass for today's.
    totals = dict.fromkeys(_gauges, nan)
    try:
        with transaction() as session:
            session.execute(text(f"SET LOCAL statement_timeout = '{MEASURING_STATEMENT_TIMEOUT_S}s'"))
            found = get_allowance_totals(session)
        totals = {term: float(found[term]) for term in _gauges}  # type: ignore[literal-required]
    finally:
        _show(totals)


def _show(totals: dict[str, float]) -> None:
    for term, cents in totals.items():
        _gauges[term].set(cents)


_show(dict.fromkeys(_gauges, nan))
