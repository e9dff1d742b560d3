"""The wallet's side of the money equation, as Prometheus is shown it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from math import isnan
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.database.engine import Database
from contracts.programmes import Programme
from wallet.debiting import debit_pots, reverse_debit
from wallet.measuring import measure_money
from wallet.pots import credit_pots, return_money
from wallet.totals import get_wallet_totals

NAMES = ("pot_balance_cents", "pots_announced_cents", "pots_debited_cents", "pots_returned_cents")


def shown() -> list[float | None]:
    """The four gauges."""
    return [REGISTRY.get_sample_value(name) for name in NAMES]


def test_the_gauges_are_the_totals_of_the_equation(
    db: Database, messages: Any, books: Any, programmes: Mapping[str, Programme]
) -> None:
    with db.transaction() as session:
        credit_pots(session, messages.validated(), programmes)
    pot_id = books.pot_id()
    with db.transaction() as session:
        debit_pots(session, [messages.recorded("red_1", {pot_id: 2_000})])
        debit_pots(session, [messages.recorded("red_2", {pot_id: 500})])
        reverse_debit(session, messages.cancelled("red_2", {pot_id: 500}))
        return_money(session, messages.released("rel_1", pot_id, 1_000))
        totals = get_wallet_totals(session)
    measure_money(db.transaction)
    keys = ("balance_cents", "announced_cents", "debited_cents", "returned_cents")
    assert shown() == [totals[key] for key in keys]  # type: ignore[literal-required]
    balance, announced, debited, returned = shown()
    assert balance == announced - debited - returned  # type: ignore[operator]


def test_what_cannot_be_measured_is_shown_as_unknown_and_not_as_before(db: Database) -> None:
    measure_money(db.transaction)
    assert shown() == [0, 0, 0, 0]

    def away() -> AbstractContextManager[Any]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        measure_money(away)
    assert all(value is not None and isnan(value) for value in shown())
