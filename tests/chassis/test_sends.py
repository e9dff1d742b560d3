"""Transactions in few sends on a real PostgreSQL: what they see, what stands when one fails, what is left."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg2 import extensions
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database, is_away, is_transient, sqlstate
from chassis.database.prepared import Prepared
from chassis.database.sends import Sends
from devstack.servers.backing import Backing
from tests.wire import Tap, tapping

KEEP = Prepared("keep", "INSERT INTO idempotency_keys VALUES ('c', :key, 'h') RETURNING key")
COUNT = Prepared("count", "SELECT count(*) AS kept FROM idempotency_keys WHERE caller = :caller")
DIVIDE = Prepared("divide", "SELECT 1 / CAST(:by AS int) AS quotient")
SERIES = Prepared("series", "SELECT n, repeat('x', 1000) AS filling FROM generate_series(1, :rows) AS n")
MARK = Prepared("mark", "SELECT set_config('test.mark', :key, true)")
MARKED = Prepared("marked", "SELECT current_setting('test.mark', true) AS mark, :caller::text")
TURN = Prepared(
    "turn",
    "SELECT pg_advisory_xact_lock(:turn), (SELECT count(*) FROM idempotency_keys WHERE key = :key) AS kept",
)
PATIENCE = Prepared(
    "patience",
    "SELECT set_config('lock_timeout', :patience, true), set_config('statement_timeout', :patience, true)",
)
VALUES = {"patience": "60s", "caller": "c", "key": "k", "by": 1, "rows": 1, "turn": 1}
# 5 MB, more than sockets and buffers hold.
MANY_ROWS = 5_000
WAITS = text("SELECT count(*) FROM pg_locks WHERE pid = :pid AND locktype = 'advisory' AND NOT granted")


class Interrupted(BaseException):
    """What ends a green thread."""


@pytest.fixture
def tap(backing: Backing) -> Iterator[Tap]:
    with tapping(backing.database_urls["cards"]) as tap:
        yield tap


@pytest.fixture
def beside(database: Callable[[str], Database]) -> Database:
    """The same database by other connections."""
    return database("cards")


@pytest.fixture
def db(beside: Database, tap: Tap) -> Iterator[Database]:
    """By one connection, which the next user gets too."""
    db = Database(tap.url, pool_size=1)
    yield db
    db.close()


def kept(db: Database) -> int:
    with db.sends() as sends:
        return int(sends.ask(COUNT, VALUES).one().kept)


def backend(sends: Sends) -> int:
    """Whom the server knows the connection as."""
    return int(sends._connection.connection.dbapi_connection.info.backend_pid)


def waits(db: Database, sends: Sends) -> bool:
    with db.transaction() as session:
        return bool(session.scalar(WAITS, {"pid": backend(sends)}))


def test_each_send_is_answered_by_its_last_statement(db: Database) -> None:
    with db.sends() as sends:
        assert sends.begin(DIVIDE, KEEP, COUNT, values=VALUES).one().kept == 1
        assert [sends.ask(SERIES, {"rows": rows}).all()[-1].n for rows in (3, 1, 2)] == [3, 1, 2]
        assert sends.begin(COUNT, DIVIDE, values=VALUES).one().quotient == 1


def test_rows_come_whole_however_many_and_those_of_a_statement_before_are_passed_over(db: Database) -> None:
    with db.sends() as sends:
        sends.begin(PATIENCE, values=VALUES)
        rows = sends.begin(KEEP, SERIES, values=VALUES | {"rows": MANY_ROWS}).all()
        assert [row.n for row in rows] == list(range(1, MANY_ROWS + 1))
        assert sends.begin(SERIES, COUNT, values=VALUES | {"rows": MANY_ROWS}).one().kept == 1


@pytest.mark.parametrize("default", ["read committed", "repeatable read", "serializable"])
def test_the_statement_behind_a_lock_sees_what_the_lock_waited_for_and_the_lock_does_not(
    db: Database, owner_database: Callable[[str], Database], default: str
) -> None:
    owner = owner_database("cards")
    with owner.transaction() as session:
        name = session.scalar(text("SELECT current_database()"))
        session.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = '{default}'"))
    try:
        with ThreadPoolExecutor(1) as pool, db.sends() as sends:
            with owner.transaction() as session:
                session.execute(text("SELECT pg_advisory_xact_lock(1)"))
                session.execute(text("INSERT INTO idempotency_keys VALUES ('c', 'k', 'h')"))
                sends.begin(PATIENCE, values=VALUES)
                lock = pool.submit(lambda: sends.begin(TURN, COUNT, values=VALUES).one().kept)
                while not waits(owner, sends):
                    assert not lock.done(), f"it did not wait: {lock.result()}"
            assert lock.result() == 1
    finally:
        with owner.transaction() as session:
            session.execute(text(f"ALTER DATABASE {name} RESET default_transaction_isolation"))


def test_a_lock_that_was_waited_for_shows_what_else_changed_to_the_next_statement_only(
    db: Database, beside: Database
) -> None:
    with ThreadPoolExecutor(1) as pool, db.sends() as sends:
        with beside.transaction() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(1)"))
            session.execute(text("INSERT INTO idempotency_keys VALUES ('c', 'k', 'h')"))
            sends.begin(PATIENCE, values=VALUES)
            lock = pool.submit(lambda: sends.ask(TURN, VALUES).one().kept)
            while not waits(beside, sends):
                assert not lock.done(), f"it did not wait: {lock.result()}"
        assert lock.result() == 0
        assert sends.ask(COUNT, VALUES).one().kept == 1


def test_an_error_in_the_middle_ends_the_send_and_undoes_what_came_before(db: Database) -> None:
    with db.sends() as sends:
        first = backend(sends)
        with pytest.raises(DBAPIError) as failed:
            sends.begin(KEEP, DIVIDE, KEEP, values=VALUES | {"by": 0})
        # Had the third run, its key would have been there.
        assert sqlstate(failed.value) == "22012"
        with pytest.raises(DBAPIError) as aborted:
            sends.ask(COUNT, VALUES)
        assert sqlstate(aborted.value) == "25P02"
        sends.roll_back()
        assert sends.begin(COUNT, values=VALUES).one().kept == 0
        assert backend(sends) == first
    assert kept(db) == 0


def test_what_could_not_be_learnt_is_learnt_the_next_time_with_what_stood_beside_it(db: Database) -> None:
    is_later = Prepared("is_later", "SELECT later FROM idempotency_keys WHERE caller = :caller")
    for _ in range(2):
        with pytest.raises(DBAPIError) as failed, db.sends() as sends:
            sends.begin(COUNT, is_later, values=VALUES)
        assert sqlstate(failed.value) == "42703"
    assert kept(db) == 0


def test_a_commit_is_not_reached_behind_a_statement_that_fails(db: Database) -> None:
    with pytest.raises(DBAPIError, match="division by zero"), db.sends() as sends:
        sends.announces = True
        sends.begin(KEEP, values=VALUES)
        sends.commit(DIVIDE, VALUES | {"by": 0})
    assert kept(db) == 0
    assert not db.announced


def test_what_was_begun_is_committed_at_the_end_of_the_block_and_announced_then(db: Database) -> None:
    with db.sends() as sends:
        sends.announces = True
        sends.begin(KEEP, values=VALUES)
        assert not db.announced
    assert db.announced
    assert kept(db) == 1


def test_what_is_sent_after_a_rollback_begins_anew(db: Database, tap: Tap) -> None:
    with db.sends() as sends:
        sends.begin(KEEP, values=VALUES)
        sends.roll_back()
        sends.commit(KEEP, VALUES | {"key": "other"})
        tap.queries.clear()
    # It was a transaction of its own: there was nothing left to commit.
    assert tap.queries == []
    assert kept(db) == 1


def test_a_connection_that_dies_between_two_sends_leaves_nothing_and_is_not_lent_again(
    db: Database, beside: Database
) -> None:
    with pytest.raises(DBAPIError) as died, db.sends() as sends:
        sends.begin(KEEP, values=VALUES)
        first = end(beside, sends)
        sends.commit(KEEP, VALUES | {"key": "other"})
    assert is_away(died.value)
    assert is_transient(died.value)
    with db.sends() as sends:
        assert backend(sends) != first
    assert kept(db) == 0


def test_a_rollback_on_a_dead_connection_is_no_error_of_its_own(db: Database, beside: Database) -> None:
    with pytest.raises(KeyError, match="the caller's own"), db.sends() as sends:
        sends.begin(KEEP, values=VALUES)
        end(beside, sends)
        raise KeyError("the caller's own")
    assert kept(db) == 0


def test_where_the_answer_to_commit_is_lost_it_is_done_and_nobody_is_told_that_it_was_not(
    db: Database, tap: Tap
) -> None:
    assert kept(db) == 0
    with pytest.raises(DBAPIError) as lost, db.sends() as sends:
        sends.begin(KEEP, values=VALUES)
        tap.loses = "EXECUTE divide"
        sends.commit(DIVIDE, VALUES)
    tap.loses = None
    assert is_transient(lost.value)
    assert kept(db) == 1


def test_nothing_of_a_transaction_is_left_for_the_next_user_of_its_connection(db: Database) -> None:
    with db.sends() as sends:
        first = backend(sends)
        sends.begin(MARK, values=VALUES)
        # Nobody reads these.
        sends.ask(SERIES, VALUES | {"rows": MANY_ROWS})
    with pytest.raises(DBAPIError), db.sends() as sends:
        sends.begin(MARK, SERIES, DIVIDE, values=VALUES | {"rows": MANY_ROWS, "by": 0})
    with db.sends() as sends:
        assert not sends.ask(MARKED, VALUES).one().mark
    with pytest.raises(KeyError), db.transaction() as session:
        # As a session knows it: it begins by itself, and nothing is kept before it is committed.
        session.execute(text("INSERT INTO idempotency_keys VALUES ('c', 'k', 'h')"))
        raise KeyError
    with db.sends() as sends:
        assert backend(sends) == first
        assert sends.ask(COUNT, VALUES).one().kept == 0


def test_who_is_interrupted_while_an_answer_is_on_its_way_leaves_no_half_answer(db: Database) -> None:
    def interrupt(_: Any) -> None:
        raise Interrupted

    assert kept(db) == 0
    try:
        with pytest.raises(Interrupted), db.sends() as sends:
            sends.begin(KEEP, values=VALUES)
            extensions.set_wait_callback(interrupt)
            sends.ask(SERIES, VALUES | {"rows": MANY_ROWS})
    finally:
        extensions.set_wait_callback(None)
    assert kept(db) == 0


def end(beside: Database, sends: Sends) -> int:
    """End the connection at the server's side, and see that it is gone; who it was."""
    pid = backend(sends)
    with beside.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    return pid
