"""The relay: publishes the outbox in batches, and marks as published only what the broker confirmed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, Text, bindparam, func, select, update
from sqlalchemy.orm import Session

from chassis.broker.confirms import ConfirmedPublisher, NotPublished, Outgoing
from chassis.broker.topology import event_exchange
from chassis.database.engine import Database
from chassis.database.tables import outbox
from chassis.events.bundles import packed, written
from chassis.log import failure, get_logger
from chassis.metrics import counter, gauge, histogram
from chassis.resting import rest

# Measured with 200 a batch and one wait for confirms: 12,900 a second, against 2,200 one by one.
BATCH_MAX = 200
# From one batch to the next, and from an announcement to its batch: what is announced meanwhile travels
# together. Asking the database all the time cost a quarter of a core on a platform that did nothing.
GATHER_S = 0.04
# Rows that another process left (it was killed, or is a command-line tool) are looked for this often.
IDLE_S = 0.5
AWAY_S = 1.0

log = get_logger()
_published = counter("outbox_published_total", "Events that the broker confirmed.")
_lag = histogram("outbox_lag_seconds", "From an event's commit to its confirm.")
_oldest = gauge("outbox_oldest_seconds", "Age of the oldest event that is not published.")

# Rows that were published stay in the index until a vacuum. Looking for the first one by itself goes by the
# index alone, which drops on the way what nobody sees any more; a plan that collects all of them first reads
# every row published since, each time.
_FIRST = select(func.min(outbox.c.seq)).where(outbox.c.published_at.is_(None)).scalar_subquery()
_UNPUBLISHED = (
    select(
        outbox.c.seq,
        outbox.c.event_id,
        outbox.c.source,
        outbox.c.name,
        # As text, as it will travel.
        outbox.c.payload.cast(Text).label("body"),
        outbox.c.call_id,
        func.extract("epoch", func.clock_timestamp() - outbox.c.created_at).label("age_s"),
    )
    .where(outbox.c.published_at.is_(None), outbox.c.seq >= _FIRST)
    .order_by(outbox.c.seq)
    .limit(BATCH_MAX)
    .with_for_update(skip_locked=True)
)
_DONE = (
    update(outbox)
    .where(outbox.c.seq == func.any(bindparam("seqs", type_=ARRAY(BigInteger))))
    .values(published_at=func.clock_timestamp())
)


def relay_once(database: Database, publisher: ConfirmedPublisher, events_per_message: int) -> int:
    """Publish one batch; answers how many the broker confirmed; raises NotPublished when it is away."""
    with database.transaction() as session:
        rows = session.execute(_UNPUBLISHED).all()
        _oldest.set(float(rows[0].age_s) if rows else 0)
        if not rows:
            return 0
        packs = packed(rows, events_per_message)
        confirmed = publisher.publish([_outgoing(pack) for pack in packs])
        # Confirmed or returned as one: of a message all events are published, or none.
        published = [row for pack in packs if pack[0].event_id in confirmed for row in pack]
        _mark(session, published)
    if len(published) < len(rows):
        log.error("events_unroutable", count=len(rows) - len(published))
    return len(published)


def relay(
    database: Database,
    publisher: ConfirmedPublisher,
    events_per_message: int,
    is_stopping: Callable[[], bool],
) -> None:
    """Publish what the outbox holds; the turn after the process was told to stop is the last."""
    is_last = False
    while not is_last:
        # What the last calls announced leaves with it; more than a batch is left to the next process.
        is_last = is_stopping()
        database.announced = False
        try:
            if relay_once(database, publisher, events_per_message) < BATCH_MAX:
                rest(IDLE_S, is_stopping, is_over=lambda: database.announced, look_s=GATHER_S)
        except NotPublished as error:
            log.warning("relay_waits_for_broker", **failure(error))
            rest(AWAY_S, is_stopping)
        except Exception as error:
            log.warning("relay_failed", **failure(error))
            rest(AWAY_S, is_stopping)


def _outgoing(pack: Sequence[Row[Any]]) -> Outgoing:
    first = pack[0]
    body, headers = written(pack)
    return Outgoing(
        exchange=event_exchange(first.source),
        routing_key=first.name,
        body=body,
        headers=headers,
        message_id=first.event_id,
    )


def _mark(session: Session, published: Sequence[Row[Any]]) -> None:
    session.execute(_DONE, {"seqs": [row.seq for row in published]})
    _published.inc(len(published))
    events: dict[str, dict[str, str | None]] = defaultdict(dict)
    for row in published:
        _lag.observe(float(row.age_s))
        events[row.name][row.event_id] = row.call_id
    log.info("events_published", events=events)
