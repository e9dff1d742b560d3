"""Two transactions that meet: one stands before its COMMIT while another is sent, and waits for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from typing import Any

from sqlalchemy import event, text

from chassis.database.engine import Database
from contracts.refusals import Refusal

WAITING = "test-waiting"
# Who waits here waits for what a test does meanwhile, on however slow a machine.
PATIENCE = "SET lock_timeout = '60s'; SET statement_timeout = '60s'"
WAITS_FOR = (
    "SELECT wait_event FROM pg_stat_activity WHERE application_name = :name AND wait_event_type = 'Lock'"
)


class Meeting:
    """``waits_for`` is what the second waited for: "advisory" is its turn, "transactionid" a row."""

    def __init__(self, stage: Any, url: str) -> None:
        self._stage = stage
        self.waiting = copy(stage)
        self.waiting.db = Database(url, name=WAITING, pool_size=1)
        event.listen(self.waiting.db.engine, "connect", _be_patient)
        self.waits_for = ""

    def of(
        self, first: Callable[[], Any], second: Callable[[Any], Any], meanwhile: Callable[[], Any] = bool
    ) -> list[Any]:
        """Both answers, a refusal for what it is. Before ``first`` commits, ``second`` is sent from the stage
        that it is given; once it waits, all of ``meanwhile`` is done."""
        with ThreadPoolExecutor(1) as pool:
            sent = []

            def send_second() -> None:
                sent.append(pool.submit(answer_of, lambda: second(self.waiting)))
                while not self._second_waits():
                    assert not sent[0].done(), f"did not wait: {sent[0].result()}"
                meanwhile()

            with before_commit(self._stage.db, send_second):
                answer = answer_of(first)
            return [answer, sent[0].result()]

    def close(self) -> None:
        self.waiting.db.close()

    def _second_waits(self) -> bool:
        with self._stage.db.transaction() as session:
            self.waits_for = session.scalar(text(WAITS_FOR), {"name": WAITING}) or ""
        return self.waits_for != ""


@contextmanager
def before_commit(db: Database, act: Callable[[], Any]) -> Iterator[None]:
    """``act`` once, when the next transaction of ``db`` is about to be committed, by COMMIT alone or not."""
    acts = [act]

    def look(*sent: Any) -> None:
        statement = sent[2] if len(sent) > 1 else "COMMIT"
        if statement.endswith("COMMIT") and acts:
            acts.pop()()

    for where in ("before_cursor_execute", "commit"):
        event.listen(db.engine, where, look)
    yield
    for where in ("before_cursor_execute", "commit"):
        event.remove(db.engine, where, look)
    assert not acts, "nothing was committed"


def answer_of(call: Callable[[], Any]) -> Any:
    """What it answers; a refusal is an answer too."""
    try:
        return call()
    except Refusal as refusal:
        return refusal


def _be_patient(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE)
    connection.commit()
