"""The books as gauges, measured every few seconds without reading all of them."""

from sqlalchemy.orm import Session

from chassis.metrics import gauge
from wallet.reconciling import Walk, count_negative_pots, take_step

_unbalanced = gauge("ledger_unbalanced", "Pots whose balance is not the fold of their transfers; must be 0")
_negative = gauge("ledger_negative_pots", "Pots below zero; must be 0")

# One walk a process: several processes walk on their own, which costs little and needs no agreement.
_walk = Walk()


def measure_ledger(session: Session) -> None:
    """Check the next pots and say how many are wrong."""
    take_step(session, _walk)
    _unbalanced.set(len(_walk.unbalanced))
    _negative.set(count_negative_pots(session))
