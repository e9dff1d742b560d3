"""Replay: announces again what the outbox still holds, after a broker's queues were lost or set aside."""

from datetime import timedelta

from sqlalchemy import bindparam, func, select, update

from chassis.database.engine import Database
from chassis.database.pruning import INBOX_KEPT
from chassis.database.tables import outbox

# Whoever heard it drops it by the inbox, so nothing is announced that the inbox may forget before the queues
# are empty again: what a service counts (statistics) would be counted twice.
AGE_MAX = INBOX_KEPT - timedelta(days=1)
# Short statements: the relay of a running process takes its turns between them.
BATCH_MAX = 1_000

_SPAN = select(func.min(outbox.c.seq), func.max(outbox.c.seq))
_AGAIN = (
    update(outbox)
    .where(
        outbox.c.seq.between(bindparam("first"), bindparam("last")),
        outbox.c.published_at.is_not(None),
        outbox.c.created_at > func.clock_timestamp() - AGE_MAX,
    )
    .values(published_at=None)
    .returning(outbox.c.seq)
)


def replay(database: Database) -> int:
    """Mark every published event as not published; answers how many. The relay of any process of the service
    publishes them again. May be repeated, and the service may run meanwhile: what is announced after the
    beginning is left alone.
    """
    with database.transaction() as session:
        first, last = session.execute(_SPAN).one()
    if first is None:
        return 0
    marked = 0
    for start in range(first, last + 1, BATCH_MAX):
        with database.transaction() as session:
            turn = {"first": start, "last": min(start + BATCH_MAX - 1, last)}
            marked += len(session.scalars(_AGAIN, turn).all())
    return marked
