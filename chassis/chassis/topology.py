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


def declare(channel: amqp.Channel, service: str, heard: Iterable[type[Event]]) -> None:
    """Declare all that ``service`` publishes to and consumes from; safe to repeat."""
    channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
    channel.queue_declare(rpc_queue(service), durable=True, auto_delete=False)
    channel.queue_bind(rpc_queue(service), RPC_EXCHANGE, f"{service}.*")
    _declare_unheard(channel)
    _declare_event_exchange(channel, service)
    channel.queue_declare(
        parked_queue(service), durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
    )
    _declare_delays(channel)
    for event in heard:
        _declare_event_exchange(channel, event.source)
        channel.queue_declare(
            event_queue(service, event),
            durable=True,
            auto_delete=False,
            arguments=event_queue_arguments(service),
        )
        channel.queue_bind(event_queue(service, event), event_exchange(event.source), event.name)


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
    channel.queue_declare(
        UNHEARD,
        durable=True,
        auto_delete=False,
        arguments={"x-queue-type": "quorum", "x-max-length": UNHEARD_MAX, "x-message-ttl": UNHEARD_TTL_MS},
    )
    channel.queue_bind(UNHEARD, UNHEARD)


def _declare_delays(channel: amqp.Channel) -> None:
    """One queue for each delay serves all: after its time a message goes to the queue that its key names."""
    for delay_s in DELAYS_S:
        name = delay_exchange(delay_s)
        channel.exchange_declare(name, "fanout", durable=True, auto_delete=False)
        channel.queue_declare(
            name,
            durable=True,
            auto_delete=False,
            arguments={
                "x-queue-type": "quorum",
                "x-message-ttl": delay_s * 1000,
                "x-dead-letter-exchange": "",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
        channel.queue_bind(name, name)
