"""Bugs to plant in how bundles are heard and published, for `planted`."""

from typing import Any

import pytest

from chassis.events import hearing
from tests.simulation.dying import Died
from tests.simulation.sides import SimulatedBatch
from tests.simulation.world import World


def acknowledge_with_the_first(patch: pytest.MonkeyPatch, _: World) -> None:
    """A message is acknowledged with the first of its events: a process that dies then loses the others."""

    def settle(batch: Any, _unsettled: Any, group: Any) -> None:
        batch.acknowledge([heard.message for heard in group])

    patch.setattr(hearing, "_settle", settle)


def take_neighbours_along(patch: pytest.MonkeyPatch, _: World) -> None:
    """Where an event is put aside, those of its bundle that come after it are taken for settled with it."""
    put_aside = hearing._put_aside

    def put_aside_all(batch: Any, listener: Any, heard: Any, error: Exception) -> None:
        put_aside(batch, listener, heard, error)
        batch.acknowledge([heard.message])
        raise Died

    patch.setattr(hearing, "_put_aside", put_aside_all)


def take_apart_in_vain(patch: pytest.MonkeyPatch, _: World) -> None:
    """Of a bundle that comes again all but its last event are put back."""
    take_apart = SimulatedBatch.take_apart
    patch.setattr(SimulatedBatch, "take_apart", lambda batch, events: take_apart(batch, events[:-1]))
