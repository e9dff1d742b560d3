"""Deletes what outbox and inbox no longer need, a few rows at a time; idempotency keys stay for ever.

Both tables are walked along their primary keys, whose order is that of time (a sequence; ids of events), from
the oldest row on: no index is needed for it, and a turn reads no more rows than it may delete.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, text

from chassis.database.engine import Database
from chassis.log import failure, get_logger
from chassis.metrics import counter
from chassis.resting import rest

# For publishing again what a broker lost (docs/operations.md).
OUTBOX_KEPT = timedelta(days=7)
# Longer than anything may be delivered again: what is published again is younger than OUTBOX_KEPT, retries
# end after minutes, and a parked event that had its effect (killed after its commit) is redriven sooner.
INBOX_KEPT = timedelta(days=30)
BATCH_MAX = 500
# While there is more to delete; a thousand a second is ten times what the busiest day writes.
BUSY_PAUSE_S = 0.5
IDLE_PAUSE_S = 60.0

log = get_logger()
_pruned = counter("pruned_rows_total", "Old rows deleted, by table.", ("table",))

# What was never published is not old, however long ago it was written. Rows are deleted by their place
# (`ctid`), or the planner reads a large table as a whole; a row that moved meanwhile is deleted another time.
_OUTBOX = text("""
    DELETE FROM outbox WHERE ctid = ANY(ARRAY(
        SELECT place FROM (
            SELECT ctid AS place, published_at FROM outbox
            WHERE published_at IS NOT NULL ORDER BY seq LIMIT :count
        ) AS oldest WHERE published_at < clock_timestamp() - :kept
    )) AND published_at < clock_timestamp() - :kept
""")
# The key begins with the consumer: each consumer's oldest rows, found by jumping from name to name.
_INBOX = text("""
    WITH RECURSIVE names AS (
        SELECT min(consumer) AS name FROM inbox
        UNION ALL
        SELECT (SELECT min(consumer) FROM inbox WHERE consumer > name) FROM names WHERE name IS NOT NULL
    )
    DELETE FROM inbox WHERE ctid = ANY(ARRAY(
        SELECT place FROM names, LATERAL (
            SELECT ctid AS place, received_at FROM inbox WHERE consumer = name
            ORDER BY event_id LIMIT :count
        ) AS oldest WHERE received_at < clock_timestamp() - :kept
    )) AND received_at < clock_timestamp() - :kept
""")
_TABLES = (("outbox", _OUTBOX, OUTBOX_KEPT), ("inbox", _INBOX, INBOX_KEPT))


def prune_once(database: Database, count: int = BATCH_MAX) -> int:
    """Delete up to `count` old rows of the outbox, and of each consumer in the inbox; answers how many."""
    deleted = 0
    for table, statement, kept in _TABLES:
        with database.transaction() as session:
            done = session.execute(statement, {"count": count, "kept": kept})
            rows = cast("CursorResult[Any]", done).rowcount
        _pruned.labels(table).inc(rows)
        deleted += rows
    return deleted


def prune(database: Database, is_stopping: Callable[[], bool]) -> None:
    """Delete what is old until the process stops, whatever goes wrong; several processes may do so."""
    while not is_stopping():
        try:
            deleted = prune_once(database)
        except Exception as error:
            log.warning("pruning_failed", **failure(error))
            deleted = 0
        rest(BUSY_PAUSE_S if deleted else IDLE_PAUSE_S, is_stopping)
