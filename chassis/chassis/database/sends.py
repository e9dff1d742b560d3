"""A transaction in few sends: BEGIN goes out with its first statements, COMMIT with its last."""

from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from sqlalchemy import Connection, CursorResult
from sqlalchemy.exc import DBAPIError

from chassis.database.prepared import Prepared

_KNOWN = "prepared"
# A plan is kept (`plan_cache_mode`, in `engine`) until its tables are analysed again. Made on a
# platform's first day it would read whole tables, all empty then, and go on doing so while they fill.
_BY_INDEX = "SET LOCAL enable_seqscan = off"


class Sends:
    """A transaction of prepared statements, each of whose calls is one round trip (ADR 0038).

    Statements that go out together run one after the other: each sees what was committed before it began, so
    the one after a lock sees what was waited for. The first that fails ends the send: a COMMIT behind it is
    not reached. ``values`` are those of all the statements; the rows that come back are the last one's.
    """

    # An event was written down: the relay will look when the transaction is committed.
    announces = False

    def __init__(self, connection: Connection) -> None:
        """``connection`` is in autocommit: a driver that sends a BEGIN of its own sends it by itself."""
        self._connection = connection

    def begin(self, *statements: Prepared, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Begin, and run the statements."""
        self._learn(*statements)
        begin = [] if self._is_open() else ["BEGIN"]
        return self._send([*begin, *(statement.execution for statement in statements)], values)

    def ask(self, statement: Prepared, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Run the statement; where nothing was begun, it is a transaction of its own."""
        self._learn(statement)
        return self._send([statement.execution], values)

    def commit(self, statement: Prepared, values: Mapping[str, Any]) -> None:
        """Run the statement, and commit: what must not be committed raises in it. Its rows are not seen."""
        self._learn(statement)
        commit = ["COMMIT"] if self._is_open() else []
        self._send([statement.execution, *commit], values)

    def finish(self) -> None:
        """Commit what was begun and is not committed yet."""
        if self._is_open():
            self._send(["COMMIT"])

    def roll_back(self) -> None:
        """Undo what was begun and is not committed; what is called after that begins anew."""
        self.announces = False
        try:
            if self._is_open():
                self._send(["ROLLBACK"])
        except DBAPIError:
            # The server undoes it when the connection is gone; a pool must not lend it out half done.
            self._connection.invalidate()

    def _learn(self, *statements: Prepared) -> None:
        """A round trip more for each, the first time: of two that went together, one that failed would leave
        the other known to the server and not to us. Plans are made when a statement is first run, so by then
        the transaction must have begun."""
        known: set[str] = self._connection.info.setdefault(_KNOWN, set())
        for statement in statements:
            if statement.name not in known:
                begin = [] if self._is_open() else ["BEGIN"]
                self._send([*begin, _BY_INDEX, statement.preparation])
                known.add(statement.name)

    def _is_open(self) -> bool:
        """As the server last said it; a connection that was lost has nothing open."""
        if self._connection.invalidated:
            return False
        driver: Any = self._connection.connection.dbapi_connection
        return bool(driver.info.transaction_status != TRANSACTION_STATUS_IDLE)

    def _send(self, statements: list[str], values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        together = "; ".join(statements)
        return self._connection.exec_driver_sql(together, None if values is None else dict(values))
