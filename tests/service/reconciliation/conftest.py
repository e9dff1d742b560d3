"""Where faults are seeded: the databases as their owner, who may do what no service may, and the broker."""

from collections.abc import Callable

import pytest

from chassis.database.engine import Database
from devstack.servers.backing import Backing
from tests.service.reconciliation.well import Ground


@pytest.fixture
def ground(backing: Backing, owner_database: Callable[[str], Database]) -> Ground:
    """``ground("cards")`` is a database that may be damaged."""
    return Ground(owner_database, backing.amqp_uri)
