"""One act of a process that may pause or die: before BEGIN, before any statement, before and after COMMIT."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from chassis.database.engine import Database
from chassis.database.sends import Sends


class Died(Exception):
    """The process ended here; whoever catches this dies at the next place.

    No BaseException: SQLAlchemy would close the connection, and a new one costs as much as ten steps.
    """


class Run:
    """One act under way: how many places it passed, how often it committed, where it is to die.

    ``pause`` is called at each place, before the place can be deadly; ``resume`` after each statement.
    ``backend_pid`` is the session's, while one of its statements is under way.
    """

    def __init__(
        self,
        dies_at: int | None = None,
        pause: Callable[[], None] = lambda: None,
        resume: Callable[[], None] = lambda: None,
    ) -> None:
        self.dies_at = dies_at
        self.pause = pause
        self.resume = resume
        self.places = 0
        self.commits = 0
        self.died: str | None = None
        self.backend_pid = 0

    def reach(self, place: str) -> None:
        """Pause here, and die here if this is the place; a process that is dead stays so."""
        self.pause()
        if self.places == self.dies_at:
            self.died = self.died or place
            raise Died(place)
        self.places += 1


_of_thread = threading.local()


@contextmanager
def running(run: Run) -> Iterator[None]:
    """What this thread does from here on is this act."""
    _of_thread.run = run
    try:
        yield
    finally:
        _of_thread.run = None


class MortalDatabase(Database):
    """A service's database whose clients die as their `Run` says; without one it is like any other."""

    def __init__(self, url: str, *, name: str) -> None:
        super().__init__(url, name=name, pool_size=4)
        event.listen(self.engine, "before_cursor_execute", _before_statement)
        event.listen(self.engine, "after_cursor_execute", _after_statement)
        event.listen(self.engine, "handle_error", _after_statement)
        event.listen(self.engine, "commit", lambda _: _reach("before COMMIT"))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """As the service's own; after COMMIT the process may die before it can tell anybody."""
        _reach("before BEGIN")
        with super().transaction() as session:
            yield session
        _committed()

    @contextmanager
    def sends(self) -> Iterator[Sends]:
        """As the service's own; a statement and the COMMIT behind it are one place."""
        _reach("before BEGIN")
        with super().sends() as sends:
            yield sends
        _committed()


def _committed() -> None:
    if run := _run():
        run.commits += 1
    _reach("after COMMIT")


def commits_so_far() -> int:
    """Of this thread's act."""
    run = _run()
    assert run is not None
    return run.commits


def _run() -> Run | None:
    return getattr(_of_thread, "run", None)


def _reach(place: str) -> None:
    if run := _run():
        run.reach(place)


def _before_statement(connection: Any, _: Any, statement: str, *__: Any) -> None:
    # A connection learns a statement once, so that where an act dies would depend on what came before it; and
    # a server rolls back for the dead.
    if (run := _run()) and "PREPARE" not in statement and statement != "ROLLBACK":
        run.reach("before COMMIT" if statement.endswith("COMMIT") else "between two statements")
        run.backend_pid = connection.connection.dbapi_connection.info.backend_pid


def _after_statement(*_: Any) -> None:
    if run := _run():
        run.backend_pid = 0
        run.resume()
