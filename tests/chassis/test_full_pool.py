"""A process's own pool of connections is full: who waits is told to try again, and nothing is half done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolIsFull

from chassis.database.engine import Database, is_transient
from devstack.servers.backing import Backing

CONNECTIONS = 3
PATIENCE_S = 20


@pytest.fixture
def pool(backing: Backing, database: Callable[[str], Database]) -> Database:
    """As a service has one, but small."""
    # Prepared by this: before, the service's role may not enter.
    database("cards")
    return Database(backing.database_urls["cards"], name="full", pool_size=CONNECTIONS)


def say_one(database: Database) -> int:
    with database.transaction() as session:
        return int(session.execute(text("SELECT 1")).scalar_one())


def test_who_waits_too_long_may_try_again_and_then_gets_a_connection(pool: Database) -> None:
    with ExitStack() as held:
        for _ in range(CONNECTIONS):
            held.enter_context(pool.transaction()).execute(text("SELECT 1"))
        with pytest.raises(PoolIsFull) as refused:
            say_one(pool)
        assert is_transient(refused.value)
    assert say_one(pool) == 1
    pool.close()


def test_a_transaction_that_fails_or_is_refused_gives_its_connection_back(pool: Database) -> None:
    for _ in range(2 * CONNECTIONS):
        with pytest.raises(ZeroDivisionError), pool.transaction() as session:
            session.execute(text("SELECT 1"))
            raise ZeroDivisionError
    assert say_one(pool) == 1
    assert pool.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    pool.close()


def test_whoever_waits_is_served_when_another_is_done(pool: Database) -> None:
    done = Event()

    def hold() -> None:
        with pool.transaction() as session:
            session.execute(text("SELECT 1"))
            assert done.wait(PATIENCE_S)

    with ThreadPoolExecutor(CONNECTIONS + 1) as workers:
        holding = [workers.submit(hold) for _ in range(CONNECTIONS)]
        waiting = workers.submit(say_one, pool)
        done.set()
        assert waiting.result(PATIENCE_S) == 1
        for one in holding:
            one.result(PATIENCE_S)
    pool.close()
