"""Every exchange and queue of a service, declared before any serves, so that no event has nowhere to go."""

from collections.abc import Iterable
from typing import Any

import amqp

from contracts.base import Event

RPC_EXCHANGE = "nameko-rpc"
# Where events go that no service listens to; the newest are kept for a week.
UNHEARD = "unheard"
UNHEARD_MAX = 100_000
UNHEARD_TTL_MS = 7 * 24 * 3600 * 1000
# A handler that kills its process this many times is parked by the broker itself.
DELIVERY_LIMIT = 10
# Nothing is lost for being looked at: RabbitMQ 4 drops at the 20th delivery what is in a queue that says no
# limit, and no version of it takes "none" as well as all others do.
NEVER = 1_000_000_000
# What is not heard in two heartbeats ends with its connection: no bus is faster than this.
NEWS_MAX = 10_000
NEWS_BYTES_MAX = 64 * 1024 * 1024
# A failed event waits in one of these before it comes back to its queue.
DELAYS_S = (1, 5, 30, 300)
# Which delay follows which failure; after the last one the event is parked (about 16 minutes in all).
RETRY_DELAYS_S = (1, 5, 30, 300, 300, 300)


def event_exchange(source: str) -> str:
    """Where a service's events leave."""
    return f"{source}.events"


def event_queue(service: str, event: type[Event]) -> str:
    """Where a service hears an event; named by us, so that renaming a method orphans no queue."""
    return f"{service}.{event.source}.{event.name}"


def news_queue(service: str, process_id: str) -> str:
    """Where one process hears events for as long as it lives; it declares the queue itself."""
    return f"{service}.news.{process_id}"


def news_queue_arguments() -> dict[str, Any]:
    """In memory, and full at last: nobody who announces may wait for a process that does not listen."""
    return {"x-queue-type": "classic", "x-max-length": NEWS_MAX, "x-max-length-bytes": NEWS_BYTES_MAX}


def event_exchange_arguments() -> dict[str, Any]:
    """An event that nobody listens to is kept to be looked at, instead of being returned for ever."""
    return {"alternate-exchange": UNHEARD}


def rpc_queue(service: str) -> str:
    """nameko's name for a service's requests."""
    return f"rpc-{service}"


def parked_queue(service: str) -> str:
    """Where a service's messages wait for a person after the last retry."""
    return f"{service}.parked"


def delay_exchange(delay_s: int) -> str:
    """Publish here with a queue's name as routing key, and the message reaches it after the delay."""
    return f"delay.{delay_s}s"


def event_queue_arguments(service: str) -> dict[str, Any]:
    """A replicated queue whose undeliverable messages are parked, never dropped."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": parked_queue(service),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def rpc_queue_arguments(*, replicated: bool) -> dict[str, Any]:
    """Replicated where brokers are several, so that calls are answered while one is dead; on a single one
    each call would wait for its disk, for nothing (ADR 0030). A request that kills its process is dropped in
    the end, as its caller has gone.
    """
    return {"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT} if replicated else {}


def kept_queue_arguments(**more: Any) -> dict[str, Any]:
    """A replicated queue for people to look at, or for messages to wait in; ``more`` with _ instead of -."""
    given = {f"x-{name.replace('_', '-')}": value for name, value in more.items()}
    return {"x-queue-type": "quorum", "x-delivery-limit": NEVER, **given}


class ClassicQueue(Exception):
    """A queue of requests that should be replicated cannot be replaced while it is in use."""


def declare(
    channel: amqp.Channel, service: str, heard: Iterable[type[Event]], *, replicated: bool = False
) -> None:
    """Declare all that ``service`` publishes to and consumes from; safe to repeat.

    ``replicated``: the broker is one of several, and calls shall outlive it. Raises ClassicQueue.
    """
    channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
    _declare_requests(channel.connection, service, replicated=replicated)
    channel.queue_bind(rpc_queue(service), RPC_EXCHANGE, f"{service}.*")
    _declare_unheard(channel)
    _declare_event_exchange(channel, service)
    _declare_kept(channel.connection, parked_queue(service), kept_queue_arguments())
    _declare_delays(channel)
    for event in heard:
        _declare_event_exchange(channel, event.source)
        _declare_queue(channel.connection, event_queue(service, event), event_queue_arguments(service))
        channel.queue_bind(event_queue(service, event), event_exchange(event.source), event.name)


def _declare_requests(connection: amqp.Connection, service: str, *, replicated: bool) -> None:
    """The kind of a queue cannot be changed. A classic one is replaced, as it holds nothing of worth; one
    that is replicated serves a single broker too."""
    name = rpc_queue(service)
    try:
        _declare_queue(connection, name, rpc_queue_arguments(replicated=replicated))
    except amqp.PreconditionFailed:
        if replicated:
            _delete_unused(connection, name, service)
        _declare_queue(connection, name, rpc_queue_arguments(replicated=True))


def _delete_unused(connection: amqp.Connection, name: str, service: str) -> None:
    try:
        connection.channel().queue_delete(name, if_unused=True)
    except amqp.PreconditionFailed:
        raise ClassicQueue(
            f"{name} is a classic queue and in use: stop the processes of {service}, then prepare again"
        ) from None


def _declare_kept(connection: amqp.Connection, name: str, arguments: dict[str, Any]) -> None:
    """Where an older release declared it without a limit, the limit is a policy's (broker_rights.py): nobody
    can change a queue's arguments, and what is in it must stay."""
    try:
        _declare_queue(connection, name, arguments)
    except amqp.PreconditionFailed:
        unlimited = {key: value for key, value in arguments.items() if key != "x-delivery-limit"}
        _declare_queue(connection, name, unlimited)


def _declare_queue(connection: amqp.Connection, name: str, arguments: dict[str, Any]) -> None:
    """On a channel of its own, as the broker closes that of a declaration which it refuses."""
    channel = connection.channel()
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    channel.close()


def _declare_event_exchange(channel: amqp.Channel, source: str) -> None:
    channel.exchange_declare(
        event_exchange(source),
        "topic",
        durable=True,
        auto_delete=False,
        arguments=event_exchange_arguments(),
    )


def _declare_unheard(channel: amqp.Channel) -> None:
    channel.exchange_declare(UNHEARD, "fanout", durable=True, auto_delete=False)
    arguments = kept_queue_arguments(max_length=UNHEARD_MAX, message_ttl=UNHEARD_TTL_MS)
    _declare_kept(channel.connection, UNHEARD, arguments)
    channel.queue_bind(UNHEARD, UNHEARD)


def _declare_delays(channel: amqp.Channel) -> None:
    """One queue for each delay serves all: after its time a message goes to the queue that its key names."""
    for delay_s in DELAYS_S:
        name = delay_exchange(delay_s)
        channel.exchange_declare(name, "fanout", durable=True, auto_delete=False)
        arguments = kept_queue_arguments(
            message_ttl=delay_s * 1000,
            dead_letter_exchange="",
            dead_letter_strategy="at-least-once",
            overflow="reject-publish",
        )
        _declare_kept(channel.connection, name, arguments)
        channel.queue_bind(name, name)
