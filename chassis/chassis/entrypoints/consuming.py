"""The process's consumer: nameko's, except that a message it cannot read is parked instead of dropped."""

import json
from contextlib import suppress
from functools import partial
from typing import Any

from eventlet import Timeout
from eventlet.event import Event as Signal
from eventlet.support.greenlets import GreenletExit
from kombu.connection import Connection
from kombu.messaging import Consumer
from kombu.transport import pyamqp
from nameko.extensions import ProviderCollector
from nameko.messaging import QueueConsumer as NamekoQueueConsumer

from chassis.broker import amqp, connection
from chassis.broker.confirms import ConfirmedPublisher, NotPublished
from chassis.entrypoints.gathering import GatheringConsumer
from chassis.events.parking import park
from chassis.log import get_logger

log = get_logger()

# Half-open connections are noticed within two of these.
HEARTBEAT_S = 5
# A broker that is away or frozen cannot be told that we go: it hands our messages out again by itself.
GOODBYE_S = 2


class _Connection(connection.Connection):
    Channel = pyamqp.Channel
    uri: str

    def heartbeat_tick(self, rate: int = 2) -> None:
        """Raises where the broker is silent for too long; without a goodbye, as nobody would answer it."""
        try:
            super().heartbeat_tick(rate)
        except connection.CONNECTION_ERRORS:
            amqp.leave(self.uri)
            self.collect()
            raise


class _Transport(pyamqp.Transport):
    """kombu's, except that one reader reads the URL: its own would take ``amqps`` for plain (ADR 0029)."""

    def establish_connection(self) -> _Connection:
        options = {"heartbeat": HEARTBEAT_S, "read_timeout": None, "write_timeout": None}
        client: Any = self.client
        opened = amqp.connect(client.transport_options["uri"], _Connection, **options)
        opened.client, opened.uri = client, client.transport_options["uri"]
        return opened


class QueueConsumer(NamekoQueueConsumer):
    """One consumer for all entrypoints of the process."""

    def setup(self) -> None:
        """One confirming publisher for what is put aside."""
        super().setup()
        self.publisher = ConfirmedPublisher(self.amqp_uri)

    @property
    def connection(self) -> Connection:
        """A connection that notices a dead peer; the supervisor restarts what cannot reconnect."""
        options = {"uri": self.amqp_uri}
        return Connection(heartbeat=HEARTBEAT_S, transport=_Transport, transport_options=options)

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        """nameko's own would log the URL, of which it hides only the first password."""
        log.warning("broker_away", reason=amqp.reason(exc), again_in_s=interval)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> list[Consumer]:
        """Called after each (re)connection: nameko's consumer of requests, and each event's own."""
        for provider in self._providers:
            if isinstance(provider, GatheringConsumer):
                self._consumers[provider] = provider.consumer(channel.connection.client, self.accept)
            else:
                take = partial(self._take, provider)
                requests = consumer_cls(queues=[provider.queue], on_message=take, accept=self.accept)
                requests.qos(prefetch_count=self.prefetch_count)
                self._consumers[provider] = requests
        return list(self._consumers.values())

    def unregister_provider(self, provider: Any) -> None:
        """Take no more for it. nameko's own would wait until a broker that is away has come back."""
        told = self._pending_remove_providers[provider] = Signal()
        with Timeout(GOODBYE_S, False):
            told.wait()
        self._pending_remove_providers.pop(provider, None)
        ProviderCollector.unregister_provider(self, provider)

    def on_iteration(self) -> None:
        """Cancel what shall not come any more. nameko's own would then close the connection, on which calls
        that are on their way have yet to be acknowledged."""
        self._cancel_consumers_if_requested()

    def stop(self) -> None:
        """Close the connection, as all that was taken is settled now."""
        self._gt.kill()
        with Timeout(GOODBYE_S, False), suppress(GreenletExit):
            self._gt.wait()

    def _take(self, provider: Any, message: Any) -> None:
        try:
            body = _decoded(message)
        except Exception as error:
            self.on_decode_error(message, error)
        else:
            self.handle_message(provider, body, message)

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """kombu's own would acknowledge and forget the message (garbage, pickle, another encoding)."""
        self.set_aside(
            message, self._queue_of(message), readable(message), f"unreadable: {type(exc).__name__}"
        )

    def set_aside(self, message: Any, queue: str, body: Any, reason: str) -> None:
        """Park a message and acknowledge it; where parking fails it goes back to its queue."""
        try:
            park(self.publisher, self.container.service_name, queue, body, {}, reason)
        except NotPublished:
            self.requeue_message(message)
        else:
            self.ack_message(message)

    def _queue_of(self, message: Any) -> str:
        """Where the message came from: redrive puts it back there."""
        tag = message.delivery_info.get("consumer_tag")
        for consumer in self._consumers.values():
            for queue, active_tag in consumer._active_tags.items():
                if active_tag == tag:
                    return str(queue)
        return ""


def _decoded(message: Any) -> Any:
    """The body, or any exception; kombu's own way costs more than all else of reading a request."""
    if message.content_type == "application/json":
        return json.loads(message.body)
    return message.decode()


def readable(message: Any) -> Any:
    """A message's body to be published once more: as it was, or as text where it is no JSON."""
    try:
        return message.decode()
    except Exception:
        body = message.body
        return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
