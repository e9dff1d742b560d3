"""A scan whose connection dies, or whose guard fails: an honest answer, and all of it stands or none."""

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database, is_transient
from contracts.refusals import Refusal
from devstack.servers.backing import Backing
from tests.service.cards.meeting import answer_of, before_commit
from tests.wire import Tap, tapping

TAPPED = "test-tapped"
WRITTEN = ("redemptions", "redemption_draws", "outbox", "audit_entries", "idempotency_keys", "refused_scans")
END = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = :name")
# What ends with a COMMIT, and the table of which a row says that it stands.
COMMITTED = {
    "a scan": ("scan_record", "redemptions"),
    "a repeat": ("scan_keep_answer", "idempotency_keys"),
    "a refusal": ("scan_refuse", "refused_scans"),
}


@pytest.fixture
def beside(stage: Any) -> Any:
    """The same stage by other connections, which nothing happens to."""
    return copy(stage)


@pytest.fixture
def tap(stage: Any, beside: Any, backing: Backing) -> Iterator[Tap]:
    """The stage's database is reached by it, on one connection."""
    with tapping(backing.database_urls["cards"]) as tap:
        stage.db = Database(tap.url, name=TAPPED, pool_size=1)
        yield tap
        stage.db.close()


@pytest.fixture
def scans(stage: Any, beside: Any, tap: Tap) -> dict[str, Callable[[], Any]]:
    """By what it is: a scan to be sent, each time with the same key."""
    card, offer, device = beside.card(), beside.publish(), beside.device()
    beside.credit(card, 1_000)
    repeated = beside.scan(card, offer)
    beside.redeem(repeated)
    bodies = {
        "a scan": beside.scan(card, offer, pay_cents=600),
        "a repeat": repeated,
        "a refusal": beside.scan(card, offer, pay_cents=1_001),
    }
    return {
        what: lambda body=body, key=what: answer_of(lambda: stage.redeem(body, device=device, key=key))
        for what, body in bodies.items()
    }


def written(beside: Any) -> dict[str, int]:
    """How many rows there are of all that a scan writes, and what the pots hold."""
    return {table: len(beside.rows(table)) for table in WRITTEN} | {"left_cents": beside.left_cents()}


def lost(tap: Tap, part: str, call: Callable[[], Any]) -> None:
    """What has this part is done, and its answer lost; the caller hears that nobody knows."""
    tap.loses = part
    with pytest.raises(DBAPIError) as error:
        call()
    tap.loses = None
    assert is_transient(error.value)


def test_where_the_answer_to_its_commit_is_lost_a_visit_stands_and_the_repeat_is_a_replay(
    stage: Any, beside: Any, tap: Tap, scans: Any
) -> None:
    before = written(beside)
    lost(tap, "EXECUTE scan_record", scans["a scan"])
    after = written(beside)
    once = dict.fromkeys(
        ("redemptions", "redemption_draws", "outbox", "audit_entries", "idempotency_keys"), 1
    )
    assert {name: after[name] - before[name] for name in before} == once | {
        "refused_scans": 0,
        "left_cents": -600,
    }
    answer = scans["a scan"]()
    assert (answer["already_counted"], answer["pot_remaining_cents"]) == (False, 400)
    assert answer["id"] == beside.announced("redemption_recorded")[-1]["redemption_id"]
    assert answer == scans["a scan"]()
    assert written(beside) == after


@pytest.mark.parametrize("what", COMMITTED)
def test_what_is_lost_at_commit_stands_once_and_the_connection_is_not_used_again(
    beside: Any, tap: Tap, scans: Any, what: str
) -> None:
    statement, table = COMMITTED[what]
    rows = len(beside.rows(table))
    lost(tap, f"EXECUTE {statement}", scans[what])
    assert len(beside.rows(table)) == rows + 1
    scans["a scan"]()
    assert len(beside.rows("redemptions")) == 2


@pytest.mark.parametrize("what", COMMITTED)
def test_what_dies_before_its_commit_leaves_nothing(
    stage: Any, beside: Any, tap: Tap, scans: Any, what: str
) -> None:
    def die() -> None:
        with beside.db.transaction() as session:
            assert session.scalar(END, {"name": TAPPED})

    before = written(beside)
    with pytest.raises(DBAPIError) as error, before_commit(stage.db, die):
        scans[what]()
    assert is_transient(error.value)
    assert written(beside) == before
    answer = scans[what]()
    assert isinstance(answer, Refusal) == (what == "a refusal")
    assert len(beside.rows(COMMITTED[what][1])) == before[COMMITTED[what][1]] + 1


def test_what_dies_before_it_knows_the_facts_leaves_nothing(beside: Any, tap: Tap, scans: Any) -> None:
    before = written(beside)
    lost(tap, "EXECUTE scan_draw_facts", scans["a scan"])
    assert written(beside) == before
    assert scans["a scan"]()["pot_remaining_cents"] == 400


@pytest.mark.parametrize("what", ["a scan", "a repeat"])
def test_where_another_card_took_the_key_meanwhile_nothing_of_the_slower_one_stands(
    stage: Any, beside: Any, scans: Any, what: str
) -> None:
    (one, other), offer, device = (beside.card(), beside.card()), beside.publish(), beside.device()
    slower, faster = beside.scan(one, offer), beside.scan(other, offer)
    if what == "a repeat":
        beside.redeem(slower)
    before = written(beside)
    with before_commit(stage.db, lambda: beside.redeem(faster, device=device, key="one-key")):
        refusal = answer_of(lambda: stage.redeem(slower, device=device, key="one-key"))
    assert refusal.code == "idempotency_key_reused"
    assert beside.rows("refused_scans")[-1].reason == "idempotency_key_reused"
    after = written(beside)
    assert after["redemptions"] - before["redemptions"] == 1
    assert after["idempotency_keys"] - before["idempotency_keys"] == 1
    assert beside.rows("redemptions")[-1].card_id == other.id
    # The connection goes on.
    assert scans["a scan"]()["pot_remaining_cents"] == 400


@pytest.mark.parametrize("lacking", ["amount_cents = 599", "amount_cents = 0, closed_at = now()"])
def test_where_a_pot_lacks_what_was_read_the_database_refuses_and_nothing_stands(
    stage: Any, beside: Any, scans: Any, lacking: str
) -> None:
    def take(_: Any, cursor: Any, statement: str, *__: Any) -> None:
        # In the scan's own transaction: its locks keep everybody else away.
        if "EXECUTE scan_record" in statement:
            cursor.connection.cursor().execute(f"UPDATE allowances SET {lacking}")  # noqa: S608

    before = written(beside)
    event.listen(stage.db.engine, "before_cursor_execute", take)
    assert scans["a scan"]().code == "try_again"
    event.remove(stage.db.engine, "before_cursor_execute", take)
    assert written(beside) == before
    assert scans["a scan"]()["pot_remaining_cents"] == 400
