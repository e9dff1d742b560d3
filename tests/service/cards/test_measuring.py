"""The cards' side of the money equation, as Prometheus is shown it."""

from contextlib import AbstractContextManager
from math import isnan
from typing import Any

import pytest
from prometheus_client import REGISTRY

from cards.measuring import measure_allowances

NAMES = ("allowance_cents", "allowance_raised_cents", "allowance_drawn_cents", "allowance_released_cents")


def shown() -> list[float | None]:
    """The four gauges."""
    return [REGISTRY.get_sample_value(name) for name in NAMES]


def test_the_gauges_are_the_sums_of_raises_draws_and_releases(stage: Any) -> None:
    card, offer_id = stage.card(), stage.publish()
    stage.credit(card, 30_000)
    stage.redeem(stage.scan(card, offer_id, pay_cents=1_000))
    measure_allowances(stage.db.transaction)
    assert shown() == [29_000, 30_000, 1_000, 0]


def test_what_cannot_be_measured_is_shown_as_unknown_and_not_as_before(stage: Any) -> None:
    measure_allowances(stage.db.transaction)
    assert shown() == [0, 0, 0, 0]

    def away() -> AbstractContextManager[Any]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        measure_allowances(away)
    assert all(value is not None and isnan(value) for value in shown())
