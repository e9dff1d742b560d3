"""Idempotency keys, outbox and inbox on a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from chassis.database.engine import Database
from chassis.database.idempotency import once
from chassis.database.tables import outbox
from chassis.events.inbox import remember
from chassis.events.outbox import announce, stamp
from contracts.base import Event
from contracts.refusals import Refusal


@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    """An event for these tests."""

    source: ClassVar[str] = "cards"
    name: ClassVar[str] = "something_happened"

    thing_id: str


@pytest.fixture
def db(database: Callable[[str], Database]) -> Database:
    return database("cards")


def act_once(db: Database, key: str, request: dict[str, Any], answer: dict[str, Any]) -> Any:
    with db.transaction() as session:
        return once(session, caller="c", operation="do", key=key, request=request, act=lambda: answer)


def test_the_same_key_and_request_get_the_first_answer(db: Database) -> None:
    first = act_once(db, "k", {"a": 1}, {"z": 1, "a": 2})
    again = act_once(db, "k", {"a": 1}, {"z": 9, "a": 9})
    assert list(again.items()) == list(first.items()) == [("z", 1), ("a", 2)]


def test_the_same_key_with_another_request_is_refused(db: Database) -> None:
    act_once(db, "k", {"a": 1}, {"n": 1})
    with pytest.raises(Refusal) as refused:
        act_once(db, "k", {"a": 2}, {"n": 2})
    assert refused.value.code == "idempotency_key_reused"


def test_a_failed_act_leaves_the_key_free(db: Database) -> None:
    def fail() -> dict[str, Any]:
        raise ValueError

    with pytest.raises(ValueError), db.transaction() as session:
        once(session, caller="c", operation="do", key="k", request={}, act=fail)
    assert act_once(db, "k", {}, {"n": 2}) == {"n": 2}


def test_secrets_are_answered_once_and_not_stored(db: Database) -> None:
    def create() -> Any:
        with db.transaction() as session:
            return once(
                session,
                caller="c",
                operation="create",
                key="k",
                request={},
                act=lambda: {"id": "x", "secret": "s"},
                redact=("secret",),
            )

    assert create() == {"id": "x", "secret": "s"}
    assert create() == {"id": "x", "secret": None}


def test_concurrent_calls_with_one_key_act_once(db: Database) -> None:
    acted: list[int] = []

    def call(number: int) -> Any:
        with db.transaction() as session:
            return once(
                session,
                caller="c",
                operation="do",
                key="k",
                request={},
                act=lambda: acted.append(number) or {"by": number},  # type: ignore[func-returns-value]
            )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert len(acted) == 1
    assert answers == [{"by": acted[0]}] * 8


def test_an_event_is_announced_with_its_cause_or_not_at_all(db: Database) -> None:
    with pytest.raises(ValueError), db.transaction() as session:
        announce(session, SomethingHappened(**stamp(), thing_id="t1"))
        raise ValueError
    with db.transaction() as session:
        announce(session, SomethingHappened(**stamp(), thing_id="t2"))
    with db.transaction() as session:
        payloads = session.scalars(select(outbox.c.payload)).all()
    assert [payload["thing_id"] for payload in payloads] == ["t2"]


def test_an_event_is_new_once_for_each_consumer(db: Database) -> None:
    with db.transaction() as session:
        assert remember(session, "a", ["evt_2", "evt_1"]) == {"evt_1", "evt_2"}
        assert remember(session, "b", ["evt_1"]) == {"evt_1"}
    with db.transaction() as session:
        assert remember(session, "a", ["evt_3", "evt_1"]) == {"evt_3"}
        assert remember(session, "a", []) == set()
