"""Prepared statements on a real PostgreSQL: each connection learns them once, whatever becomes of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from chassis.database import Database
from chassis.idempotency import FIND_KEPT
from chassis.prepared import Prepared, execute

ADD = Prepared("add", "SELECT CAST(:left AS int) + :right AS sum, :left::text AS said")
DIVIDE = Prepared("divide", "SELECT 1 / CAST(:by AS int) AS quotient")


@pytest.fixture
def db(database: Callable[[str], Database]) -> Database:
    return database("cards")


@pytest.fixture
def sent(db: Database) -> Iterator[list[str]]:
    """The first word of every statement that went to the server; learning one begins with SET."""
    words: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words.append(statement.split()[0])

    event.listen(db.engine, "before_cursor_execute", note)
    yield words
    event.remove(db.engine, "before_cursor_execute", note)


def add(db: Database, left: int, right: int) -> int:
    with db.transaction() as session:
        return int(execute(session, ADD, {"left": left, "right": right, "unused": None}).one().sum)


def test_a_parameter_may_stand_twice_beside_a_cast() -> None:
    assert ADD.preparation.endswith("CAST($1 AS int) + $2 AS sum, $1::text AS said")


def test_a_connection_learns_a_statement_once(db: Database, sent: list[str]) -> None:
    assert [add(db, 1, 2), add(db, 3, 4)] == [3, 7]
    assert sent == ["SET", "EXECUTE", "EXECUTE"]


def test_what_was_learnt_survives_a_rollback(db: Database, sent: list[str]) -> None:
    with pytest.raises(DBAPIError), db.transaction() as session:
        execute(session, DIVIDE, {"by": 0})
    with db.transaction() as session:
        assert execute(session, DIVIDE, {"by": 1}).one().quotient == 1
    assert sent == ["SET", "EXECUTE", "EXECUTE"]


def test_every_connection_learns_for_itself(db: Database, sent: list[str]) -> None:
    with db.transaction() as one, db.transaction() as other:
        for session in (one, other):
            assert execute(session, DIVIDE, {"by": 1}).one().quotient == 1
    assert sent == ["SET", "EXECUTE"] * 2


def test_a_plan_made_on_an_empty_table_reads_by_index(db: Database) -> None:
    find = Prepared("find_kept", f"{FIND_KEPT} LIMIT 1")
    sought = {"caller": "c", "key": "k"}
    with db.transaction() as session:
        session.connection().exec_driver_sql("ANALYZE idempotency_keys")
    with db.transaction() as session:
        assert execute(session, find, sought).first() is None
    with db.transaction() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN {find.execution}", sought).scalars().all()
    assert "Index Scan using idempotency_keys_pkey" in "\n".join(plan)
