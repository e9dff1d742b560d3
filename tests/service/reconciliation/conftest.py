"""The databases as their owner, who may do what no service may: change what was written, alter a table."""

from collections.abc import Callable

import pytest

from chassis.database import Database


@pytest.fixture
def owner(database: Callable[[str], Database]) -> Callable[[str], Database]:
    """``owner("cards")``: the database in which a fault is seeded."""
    return database
