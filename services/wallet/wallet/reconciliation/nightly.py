"""Every night once: one process of the wallet reconciles, a second of work and a second of rest in turn."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from contracts.programmes.days import PARIS, local_day
from wallet.reconciliation.findings import Steps, Tally
from wallet.reconciliation.results import claim, keep_result, renew
from wallet.reconciliation.run import SETTLED_AFTER, reconcile

# Hours in Paris at which it may begin: nobody scans, and whoever comes in the morning finds the result.
FIRST_HOUR, LAST_HOUR = 3, 5
TURN_S = 1.0

Transaction = Callable[[], AbstractContextManager[Session]]

log = get_logger()


@dataclass
class Night:
    """A reconciliation on its way in this process."""

    day: date
    steps: Steps
    lease_id: str
    tally: Tally = field(default_factory=Tally)


class Nightly:
    """What this process remembers between two turns. One a process; a turn never overlaps with the next."""

    def __init__(self, settled_after: timedelta = SETTLED_AFTER) -> None:
        self._settled_after = settled_after
        self._night: Night | None = None
        self._done: date | None = None

    def take_turn(
        self, transaction: Transaction, services: Neighbours, programmes: Mapping[str, Programme]
    ) -> None:
        """Begin when it is night and nobody else has, or go on for ``TURN_S``; nothing by day.

        A turn that raises gives the night up; the lease runs out, and it begins anew.
        """
        if self._night is None:
            self._begin(transaction, services, programmes)
        if (night := self._night) is None:
            return
        # While the turn runs there is no night, so that one that raises has none left.
        self._night = None
        if self._is_finished(night):
            self._finish(transaction, night)
            return
        with transaction() as session:
            is_still_ours = renew(session, night.day, night.lease_id)
        self._night = night if is_still_ours else None

    def _begin(
        self, transaction: Transaction, services: Neighbours, programmes: Mapping[str, Programme]
    ) -> None:
        at = now()
        day = local_day(at)
        if day == self._done or not FIRST_HOUR <= at.astimezone(ZoneInfo(PARIS)).hour <= LAST_HOUR:
            return
        lease_id = new_id("night")
        with transaction() as session:
            is_ours = claim(session, day, lease_id)
        if is_ours:
            self._night = Night(day, reconcile(services, programmes, self._settled_after), lease_id)
            log.info("reconciliation_begun", day=day.isoformat())

    def _is_finished(self, night: Night) -> bool:
        """Work for a turn's time; True when nothing is left to do."""
        until = monotonic() + TURN_S
        for finding in night.steps:
            if finding is not None:
                night.tally.add(finding)
            elif monotonic() > until:
                return False
        return True

    def _finish(self, transaction: Transaction, night: Night) -> None:
        with transaction() as session:
            keep_result(session, night.day, night.lease_id, night.tally.counts)
        self._done = night.day
        log.info("reconciliation_finished", day=night.day.isoformat(), findings=dict(night.tally.counts))


# This process's own.
nightly = Nightly()
