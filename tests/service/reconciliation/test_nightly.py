"""Once a night, by one process at a time; the last result stands in the gauges of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from chassis.database.engine import Database
from contracts.base import BookPage
from contracts.faults import KINDS
from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from tests.loosening import changeable, run
from tests.service.reconciliation.seeds import SEEDS
from tests.service.reconciliation.well import Ground, LocalService, LocalServices, write_well
from wallet.reconciliation import nightly as module
from wallet.reconciliation.nightly import Nightly
from wallet.reconciliation.results import show_last

# Half past four in Paris.
NIGHT = datetime(2020, 7, 12, 2, 30, tzinfo=UTC)
DAY = datetime(2020, 7, 12, 10, 0, tzinfo=UTC)


class Counting(LocalServices):
    """Counts the pages that were asked for, and may be away."""

    asked = 0
    away = False

    def __getattr__(self, service: str) -> "Counted":
        return Counted(self, super().__getattr__(service))


@dataclass(frozen=True)
class Counted:
    """One of its services."""

    of: Counting
    service: LocalService

    def get_books(self, **page: Any) -> BookPage:
        """The service's own answer, if it is there."""
        self.of.asked += 1
        if self.of.away:
            raise ConnectionError
        return self.service.get_books(**page)


Turn = Callable[[Nightly], None]


@pytest.fixture
def services(database: Callable[[str], Database], ground: Ground) -> Counting:
    """Five databases in which all is well, but for a debit that is missing."""
    write_well(ground)
    with changeable(ground("wallet")):
        SEEDS["redemption_not_debited"].plant(ground)
    return Counting(database, ground.amqp_uri)


@pytest.fixture
def turn(
    database: Callable[[str], Database],
    services: Counting,
    programmes: Mapping[str, Programme],
    monkeypatch: pytest.MonkeyPatch,
) -> Turn:
    """A process's turn, ended after each page."""
    monkeypatch.setattr(module, "TURN_S", -1.0)
    wallet = database("wallet")
    return lambda process: process.take_turn(wallet.transaction, cast(Neighbours, services), programmes)


def results(database: Callable[[str], Database]) -> list[tuple[Any, ...]]:
    """Day, whether it is done, and what was found."""
    with database("wallet").transaction() as session:
        rows = session.execute(
            text("SELECT day::text, finished_at IS NOT NULL, findings FROM reconciliations")
        )
        return [tuple(row) for row in rows]


def test_one_process_reconciles_the_night_and_tells_what_it_found(
    clock: Any, turn: Turn, services: Counting, database: Callable[[str], Database]
) -> None:
    clock.set(NIGHT)
    first, second = Nightly(), Nightly()
    turn(first)
    turn(second)
    assert services.asked == 1, "the second process leaves it to the first"
    assert results(database) == [("2020-07-12", False, None)]
    while not results(database)[0][1]:
        turn(first)
    assert results(database) == [("2020-07-12", True, {"redemption_not_debited": 1})]
    asked = services.asked
    turn(first)
    turn(second)
    assert services.asked == asked, "once is enough"
    with database("wallet").transaction() as session:
        show_last(session)
    shown = {kind: REGISTRY.get_sample_value("reconciliation_findings", {"kind": kind}) for kind in KINDS}
    assert shown == {**dict.fromkeys(KINDS, 0), "redemption_not_debited": 1}
    clock.set(NIGHT + timedelta(days=1))
    turn(second)
    assert len(results(database)) == 2


def test_by_day_nothing_begins(clock: Any, turn: Turn, services: Counting) -> None:
    clock.set(DAY)
    turn(Nightly())
    assert services.asked == 0


def test_a_night_whose_process_died_is_begun_anew_by_another(
    clock: Any, turn: Turn, services: Counting, database: Callable[[str], Database]
) -> None:
    clock.set(NIGHT)
    turn(Nightly())
    run(database("wallet"), "UPDATE reconciliations SET lease_until = now() - interval '1 second'")
    other = Nightly()
    while not results(database)[0][1]:
        turn(other)
    assert results(database) == [("2020-07-12", True, {"redemption_not_debited": 1})]


def test_a_process_whose_night_was_taken_over_lets_it_go(
    clock: Any, turn: Turn, services: Counting, database: Callable[[str], Database]
) -> None:
    clock.set(NIGHT)
    slow = Nightly()
    turn(slow)
    run(database("wallet"), "UPDATE reconciliations SET lease_id = 'another'")
    turn(slow)
    asked = services.asked
    turn(slow)
    assert services.asked == asked


def test_a_night_that_fails_is_given_up_and_not_told_as_clean(
    clock: Any, turn: Turn, services: Counting, database: Callable[[str], Database]
) -> None:
    clock.set(NIGHT)
    process = Nightly()
    turn(process)
    services.away = True
    with pytest.raises(ConnectionError):
        turn(process)
    services.away = False
    turn(process)
    assert results(database) == [("2020-07-12", False, None)]
    run(database("wallet"), "UPDATE reconciliations SET lease_until = now() - interval '1 second'")
    while not results(database)[0][1]:
        turn(process)
    assert results(database)[0][2] == {"redemption_not_debited": 1}


def test_before_the_first_night_the_gauges_are_unknown(database: Callable[[str], Database]) -> None:
    with database("wallet").transaction() as session:
        show_last(session)
    shown = [REGISTRY.get_sample_value("reconciliation_findings", {"kind": kind}) for kind in KINDS]
    shown.append(REGISTRY.get_sample_value("reconciliation_finished_seconds"))
    assert all(value is not None and isnan(value) for value in shown)
