"""The bus and the outboxes: whether all is delivered, how late the relay was, and messages nobody reads."""

import time
from contextlib import closing

import psycopg2
from psycopg2.extensions import connection

from benchmarks import world as w
from chassis.broker.amqp import connect
from chassis.broker.confirms import ConfirmedPublisher, Outgoing
from chassis.broker.topology import event_queue
from contracts.cards import RedemptionRecorded
from devstack.servers.databases import connect as connect_database
from devstack.stack import Stack

HEARING = ("wallet", "offers", "notify")
ANNOUNCING = ("cards", "wallet")
STATISTICS = event_queue("offers", RedemptionRecorded)
SETTLE_TIMEOUT_S = 120.0
POLL_S = 0.05
BATCH = 500

_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_LAST = "SELECT coalesce(max(seq), 0) FROM outbox"
_LAG = """
    SELECT 1000 * percentile_cont(%s) WITHIN GROUP (ORDER BY extract(epoch FROM published_at - created_at))
    FROM outbox WHERE seq > %s
"""


class NotSettled(Exception):
    """Events still wait after a long time: somebody does not handle them."""


class Queues:
    """Looks at the broker and at the outboxes; nothing it does is part of a measured window."""

    def __init__(self, stack: Stack) -> None:
        self._amqp_uri = stack.amqp_uri
        self._broker = connect(stack.amqp_uri)
        self._channel = self._broker.channel()
        self._outboxes = [_database(stack, service) for service in ANNOUNCING]
        self._cards = self._outboxes[0]

    def close(self) -> None:
        """Close the connections."""
        self._broker.close()
        for link in self._outboxes:
            link.close()

    def settle(self, *, without: str | None = None) -> float:
        """Wait until every event is published and taken; how long that took. ``without``: what is stopped."""
        began = time.monotonic()
        heard_by = [service for service in HEARING if service != without]
        calm = 0
        # Twice in a row: between two outboxes an event may be with a handler and in no queue.
        while calm < 2:
            calm = 0 if self._waiting(heard_by) else calm + 1
            if time.monotonic() - began > SETTLE_TIMEOUT_S:
                raise NotSettled(f"events still wait after {SETTLE_TIMEOUT_S:.0f} s")
            time.sleep(POLL_S)
        return max(time.monotonic() - began - 2 * POLL_S, 0.0)

    def last_announced(self) -> int:
        """Where the outbox of `cards` stands."""
        return int(_scalar(self._cards, _LAST))

    def relay_lag_ms(self, since: int, share: float = 0.99) -> float:
        """From an event's row to its confirm, for events announced after ``since``; a percentile."""
        return float(_scalar(self._cards, _LAG, share, since) or 0.0)

    def leave_unread(self, count: int) -> None:
        """Put so many redemptions into the statistics queue, whose service must be stopped."""
        publisher = ConfirmedPublisher(self._amqp_uri)
        for first in range(0, count, BATCH):
            publisher.publish([_unread(number) for number in range(first, min(first + BATCH, count))])
        publisher.close()
        self._await_depth(count)

    def forget_unread(self) -> None:
        """Empty the statistics queue."""
        self._channel.queue_purge(STATISTICS)

    def _await_depth(self, count: int) -> None:
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while (depth := self._depth(STATISTICS)) < count:
            if time.monotonic() > deadline:
                raise NotSettled(f"only {depth} of {count} unread events arrived")
            time.sleep(POLL_S)

    def _waiting(self, services: list[str]) -> bool:
        if any(self._depth(event_queue(service, RedemptionRecorded)) for service in services):
            return True
        return any(_scalar(link, _UNPUBLISHED) for link in self._outboxes)

    def _depth(self, queue: str) -> int:
        return int(self._channel.queue_declare(queue, passive=True).message_count)


def _unread(number: int) -> Outgoing:
    # About as long as a real one; nobody reads it.
    body = {"redemption_id": w.an_id("red", number), "provider_id": w.provider_id(0), "padding": "x" * 600}
    return Outgoing(
        exchange="", routing_key=STATISTICS, body=body, headers={}, message_id=w.an_id("evt", number)
    )


def _database(stack: Stack, service: str) -> connection:
    link = connect_database(stack.database_url(service))
    link.autocommit = True
    return link


def _scalar(link: connection, statement: str, *values: float) -> float:
    with closing(link.cursor()) as at:
        at.execute(statement, values)
        row = at.fetchone()
    if row is None:
        raise psycopg2.DataError("a scalar query without a row")
    return row[0] or 0
