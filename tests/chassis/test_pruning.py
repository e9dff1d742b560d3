"""Old rows leave outbox and inbox, a few at a time; what still serves stays."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from chassis.database.engine import Database
from chassis.database.pruning import prune_once

FILL = """
    INSERT INTO outbox (event_id, source, name, payload, created_at, published_at)
    SELECT 'evt_' || lpad(n::text, 26, '0'), 'cards', 'happened', '{}', now() - make_interval(days => 20 - n),
        CASE WHEN n = 3 THEN NULL ELSE now() - make_interval(days => 20 - n) END
    FROM generate_series(1, 20) AS n;
    INSERT INTO inbox (consumer, event_id, received_at)
    SELECT consumer, 'evt_' || lpad(n::text, 26, '0'), now() - make_interval(days => 40 - n)
    FROM generate_series(1, 40) AS n, unnest(ARRAY['count', 'debit', 'note']) AS consumer;
    INSERT INTO idempotency_keys (caller, key, request_hash, answer, created_at)
    VALUES ('device', 'key', 'hash', '{}', now() - interval '9 years');
"""


@pytest.fixture
def db(database: Callable[[str], Database]) -> Database:
    """Twenty events announced on as many days, forty heard by three consumers, and a key of long ago."""
    db = database("cards")
    with db.transaction() as session:
        session.execute(text(FILL))
    return db


def ask(db: Database, statement: str) -> list[tuple[object, ...]]:
    with db.transaction() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def test_what_was_published_a_week_ago_goes_and_what_was_not_published_stays(db: Database) -> None:
    prune_once(db)
    days = "SELECT seq - (SELECT max(seq) FROM outbox) + 20 FROM outbox ORDER BY seq"
    assert ask(db, days) == [(3,), *((n,) for n in range(14, 21))]


def test_what_was_heard_a_month_ago_goes_for_every_consumer(db: Database) -> None:
    prune_once(db)
    assert ask(db, "SELECT consumer, count(*), min(event_id) FROM inbox GROUP BY consumer ORDER BY 1") == [
        (consumer, 30, f"evt_{11:026}") for consumer in ("count", "debit", "note")
    ]


def test_a_turn_deletes_a_few_rows_of_each_and_the_turns_come_to_an_end(db: Database) -> None:
    deleted = [prune_once(db, 4) for _ in range(5)]
    assert deleted == [4 + 3 * 4, 4 + 3 * 4, 4 + 3 * 2, 0, 0]


def test_keys_are_kept_for_ever(db: Database) -> None:
    prune_once(db)
    assert ask(db, "SELECT key FROM idempotency_keys") == [("key",)]
