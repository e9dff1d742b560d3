"""When all is quiet: every event published and taken in by all who listen, nothing parked, no mail due."""

import time
from collections import Counter
from functools import cache
from typing import Any

from sqlalchemy import NullPool, TextClause, create_engine, text

from chassis.broker.amqp import connect
from chassis.broker.topology import parked_queue
from chassis.preparing import events_heard
from chassis.runner import service_class
from demo.stage import POLL_S
from devstack.secrets import DATABASE_SERVICES
from devstack.stack import Stack

# A handler that failed once or twice is retried after 1 and 5 seconds.
PATIENCE_S = 60.0

_OUTBOX = text(
    "SELECT name, count(*), count(*) FILTER (WHERE published_at IS NULL) FROM outbox GROUP BY name"
)
_INBOX = text("SELECT consumer, count(*) FROM inbox GROUP BY consumer")


def wait_until_quiet(platform: Stack) -> None:
    """Wait until nothing is on its way; AssertionError with what still is."""
    deadline = time.monotonic() + PATIENCE_S
    while left := on_the_way(platform):
        assert time.monotonic() < deadline, f"still on the way after {PATIENCE_S:.0f} s: {left}"
        time.sleep(POLL_S)


def on_the_way(platform: Stack) -> dict[str, int]:
    """How many events of each kind are not published, or not taken in by a service that listens."""
    announced: Counter[str] = Counter()
    taken_in: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    # The listeners first: what is announced meanwhile is then seen as on its way, never as missed.
    for service in DATABASE_SERVICES:
        taken_in.update(dict(rows(platform, service, _INBOX)))
    for service in DATABASE_SERVICES:
        for name, number, unpublished in rows(platform, service, _OUTBOX):
            announced[name] += number
            waiting[f"{service} outbox"] += unpublished
    for service in DATABASE_SERVICES:
        for event in heard_by(service):
            waiting[f"{service}.{event}"] = announced[event] - taken_in[f"{service}.{event}"]
    return {name: number for name, number in waiting.items() if number}


def parked(platform: Stack) -> dict[str, int]:
    """How many messages of each service wait for a person; services without any are left out."""
    connection = connect(platform.amqp_uri)
    channel = connection.channel()
    counts = {
        service: channel.queue_declare(parked_queue(service), passive=True).message_count
        for service in DATABASE_SERVICES
    }
    connection.close()
    return {service: number for service, number in counts.items() if number}


def rows(platform: Stack, service: str, query: TextClause, **values: Any) -> list[tuple[Any, ...]]:
    """Read from a service's database what no public call shows; the transaction is read-only."""
    engine = create_engine(platform.database_url(service), poolclass=NullPool)
    with engine.connect().execution_options(postgresql_readonly=True) as connection:
        return [tuple(row) for row in connection.execute(query, values)]


@cache
def heard_by(service: str) -> tuple[str, ...]:
    """The names of the events that a service listens to."""
    return tuple(event.name for event in events_heard(service_class(service)))
