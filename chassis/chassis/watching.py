"""What a service shows of its queues: how many of its messages are parked, for alerts and for people."""

from typing import Any

import eventlet
from nameko.extensions import DependencyProvider

from chassis.amqp import CONNECTION_ERRORS, ChannelPool
from chassis.metrics import gauge
from chassis.topology import parked_queue

PERIOD_S = 5

_parked = gauge("parked_messages", "Messages that wait for a person in the parked queue.")


class Watch(DependencyProvider):
    """Looks at the service's parked queue every few seconds."""

    def start(self) -> None:
        """Begin to look."""
        self.pool = ChannelPool(self.container.config["AMQP_URI"])
        self.container.spawn_managed_thread(self._watch, identifier="watch")

    def get_dependency(self, worker_ctx: Any) -> None:
        """Nothing for the workers."""

    def _watch(self) -> None:
        while True:
            try:
                with self.pool.channel() as channel:
                    found = channel.queue_declare(parked_queue(self.container.service_name), passive=True)
                _parked.set(found.message_count)
            except CONNECTION_ERRORS:
                self.pool.close()
            eventlet.sleep(PERIOD_S)
