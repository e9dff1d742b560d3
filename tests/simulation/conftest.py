"""Three services whose histories can be searched, on the test run's databases."""

from collections.abc import Callable, Iterator

import pytest

from chassis.database.engine import Database
from devstack.servers.backing import Backing
from tests.simulation.programme import read_azur
from tests.simulation.quiet import quiet_services
from tests.simulation.search import Search
from tests.simulation.sides import SERVICES
from tests.simulation.world import World


@pytest.fixture
def search(database: Callable[[str], Database], backing: Backing) -> Iterator[Search]:
    """Ready for its first history."""
    for name in SERVICES:
        database(name)
    world = World(backing.databases, read_azur())
    try:
        with quiet_services():
            yield Search(world)
    finally:
        world.close()
