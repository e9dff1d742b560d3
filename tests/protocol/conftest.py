"""The two services for the protocol's tests, migrated once and emptied for each history."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chassis.database import Database
from contracts.programmes import Programme, read_programmes
from tests.protocol.world import World

AZUR = Path(__file__).parents[1] / "fixtures" / "programmes" / "azur-2027.toml"


@pytest.fixture(scope="session")
def azur() -> Programme:
    """The made-up programme with its two pots, a small one for the sea and a museums' one that pays for
    the sea too: so one scan is often paid from both."""
    programme = read_programmes({AZUR.name: AZUR.read_text(encoding="utf-8")})["azur-2027"]
    pots = {
        "sea": replace(programme.pots["sea"], cap_per_household_cents=1000),
        "museums": replace(programme.pots["museums"], categories=("museums", "water_sports")),
    }
    return replace(programme, pots=pots)


@pytest.fixture
def world(database: Callable[[str], Database], azur: Programme, clock: Any) -> World:
    """Both services, empty, nothing on its way."""
    return World(database("cards"), database("wallet"), azur, clock.set)
