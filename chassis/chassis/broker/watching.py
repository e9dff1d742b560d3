"""What a service shows of its queues: what waits in them, and what is parked, for alerts and for people."""

from collections.abc import Iterable
from typing import Any

import amqp
import eventlet
from nameko.extensions import DependencyProvider

from chassis.broker.amqp import ChannelPool
from chassis.broker.connection import CONNECTION_ERRORS
from chassis.broker.topology import event_queue, parked_queue, rpc_queue
from chassis.calls.client import RpcUnavailable
from chassis.entrypoints.events import EventHandler
from chassis.log import failure, get_logger
from chassis.metrics import gauge

PERIOD_S = 5

log = get_logger()
_parked = gauge("parked_messages", "Messages that wait for a person in the parked queue.")
_events = gauge(
    "event_queue_messages", "Messages with events, one or a bundle each, that wait to be handled.", ("queue",)
)
_requests = gauge("rpc_queue_messages", "Requests that wait to be taken.")


class Watch(DependencyProvider):
    """Looks at the service's queues every few seconds."""

    def start(self) -> None:
        """Begin to look."""
        self.pool = ChannelPool(self.container.config["AMQP_URI"])
        self.container.spawn_managed_thread(self._watch, identifier="watch")

    def get_dependency(self, worker_ctx: Any) -> "Watch":
        """For `tell_parked`."""
        return self

    def tell_parked(self) -> list[list[Any]]:
        """For the reconciliation, see `parked_rows`; raises RpcUnavailable when the broker is lost."""
        try:
            with self.pool.channel() as channel:
                return parked_rows(channel, self.container.service_name)
        except CONNECTION_ERRORS as error:
            self.pool.close()
            raise RpcUnavailable("broker") from error

    def _watch(self) -> None:
        service = self.container.service_name
        heard = [
            event_queue(service, entrypoint.event)
            for entrypoint in self.container.entrypoints
            if isinstance(entrypoint, EventHandler)
        ]
        while True:
            try:
                with self.pool.channel() as channel:
                    _look(channel, service, heard)
            except CONNECTION_ERRORS:
                self.pool.close()
            except Exception as error:
                # Whatever a look runs into, it must never end the process that answers scans.
                log.warning("watch_failed", **failure(error))
                self.pool.close()
            eventlet.sleep(PERIOD_S)


def parked_rows(channel: amqp.Channel, service: str) -> list[list[Any]]:
    """The parked queue, nothing expected in it, and how many it holds; no row when it is empty.

    Counted only: to look at a message is a delivery, and a broker may drop what it delivered too often.
    """
    count = _waiting(channel, parked_queue(service))
    return [[parked_queue(service), 0, count]] if count else []


def _look(channel: amqp.Channel, service: str, heard: Iterable[str]) -> None:
    """Set the gauges. Only what no consumer holds is counted; each process of a service sees the same."""
    _parked.set(_waiting(channel, parked_queue(service)))
    _requests.set(_waiting(channel, rpc_queue(service)))
    for queue in heard:
        _events.labels(queue).set(_waiting(channel, queue))


def _waiting(channel: amqp.Channel, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).message_count)
