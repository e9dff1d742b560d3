"""Prepared statements on a real PostgreSQL: each connection learns them once, whatever becomes of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database
from chassis.database.idempotency import FIND_KEPT
from chassis.database.prepared import Prepared

ADD = Prepared("add", "SELECT CAST(:left AS int) + :right AS sum, :left::text AS said")
DIVIDE = Prepared("divide", "SELECT 1 / CAST(:by AS int) AS quotient")


@pytest.fixture
def db(database: Callable[[str], Database]) -> Database:
    return database("cards")


@pytest.fixture
def sent(db: Database) -> Iterator[list[str]]:
    """What went to the server: learning, or the statement's first word."""
    words: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words.append("PREPARE" if "PREPARE" in statement else statement.split()[0])

    event.listen(db.engine, "before_cursor_execute", note)
    yield words
    event.remove(db.engine, "before_cursor_execute", note)


def add(db: Database, left: int, right: int) -> int:
    with db.sends() as sends:
        return int(sends.ask(ADD, {"left": left, "right": right, "unused": None}).one().sum)


def test_a_parameter_may_stand_twice_beside_a_cast() -> None:
    assert ADD.preparation.endswith("CAST($1 AS int) + $2 AS sum, $1::text AS said")


def test_a_connection_learns_a_statement_once(db: Database, sent: list[str]) -> None:
    assert [add(db, 1, 2), add(db, 3, 4)] == [3, 7]
    assert sent == ["PREPARE", "EXECUTE", "COMMIT", "EXECUTE"]


def test_what_was_learnt_survives_a_rollback(db: Database, sent: list[str]) -> None:
    with pytest.raises(DBAPIError), db.sends() as sends:
        sends.ask(DIVIDE, {"by": 0})
    with db.sends() as sends:
        assert sends.ask(DIVIDE, {"by": 1}).one().quotient == 1
    assert sent == ["PREPARE", "EXECUTE", "ROLLBACK", "EXECUTE"]


def test_every_connection_learns_for_itself(db: Database, sent: list[str]) -> None:
    with db.sends() as one, db.sends() as other:
        for sends in (one, other):
            assert sends.ask(DIVIDE, {"by": 1}).one().quotient == 1
    assert sent == ["PREPARE", "EXECUTE"] * 2 + ["COMMIT"] * 2


def test_a_plan_made_on_an_empty_table_reads_by_index(db: Database) -> None:
    find = Prepared("find_kept", f"{FIND_KEPT} LIMIT 1")
    sought = {"caller": "c", "key": "k"}
    with db.transaction() as session:
        session.connection().exec_driver_sql("ANALYZE idempotency_keys")
    with db.sends() as sends:
        assert sends.ask(find, sought).first() is None
    with db.transaction() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN {find.execution}", sought).scalars().all()
    assert "Index Scan using idempotency_keys_pkey" in "\n".join(plan)
