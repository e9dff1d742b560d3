"""Publishing that knows what arrived: a batch of messages, one wait for the broker's confirms."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import amqp

from chassis.broker.amqp import CONFIRM_TIMEOUT_S, ChannelPool, message, user_of
from chassis.broker.connection import CONNECTION_ERRORS, connection_of, published

PERSISTENT = 2


class NotPublished(Exception):
    """The broker did not take the message, or has no queue for it."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message on its way; ``message_id`` must be unique within its batch."""

    exchange: str
    routing_key: str
    body: Any
    headers: dict[str, Any]
    message_id: str


class ConfirmedPublisher:
    """Publishes persistent, mandatory messages and says which of them the broker has on disk."""

    def __init__(self, uri: str) -> None:
        self._pool = _ConfirmPool(uri)
        self._user = user_of(uri)

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        """The ids that the broker routed and confirmed; raises NotPublished when it is away."""
        try:
            with self._pool.channel() as channel:
                taken = _Confirms(channel, self._user).publish(batch)
        except CONNECTION_ERRORS as error:
            self._pool.close()
            raise NotPublished(type(error).__name__) from error
        if len(taken) < len(batch):
            # To a channel that met a queue without a leader RabbitMQ 3.10 says no for ever (ADR 0030).
            self._pool.close()
        return taken

    def publish_one(self, outgoing: Outgoing) -> None:
        """Publish one message or raise NotPublished."""
        if not self.publish([outgoing]):
            raise NotPublished("no queue took the message")

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


class _ConfirmPool(ChannelPool):
    def prepare(self, channel: amqp.Channel) -> None:
        channel.confirm_select()
        # py-amqp counts no delivery tags for us: the broker numbers a channel's publishes from 1.
        channel.published_count = 0


class _Confirms:
    """One batch on one channel."""

    def __init__(self, channel: amqp.Channel, user: str) -> None:
        self._channel = channel
        self._user = user
        self._waiting: dict[int, str] = {}
        self._confirmed: set[str] = set()
        self._returned: set[str] = set()
        channel.events["basic_ack"] = {self._on_ack}
        channel.events["basic_nack"] = {self._on_nack}
        channel.events["basic_return"] = {self._on_return}

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        connection = connection_of(self._channel)
        connection.send(b"".join([self._frames(outgoing) for outgoing in batch]))
        deadline = monotonic() + CONFIRM_TIMEOUT_S
        while self._waiting:
            connection.drain_events(timeout=max(deadline - monotonic(), 0.001))
        return self._confirmed - self._returned

    def _frames(self, outgoing: Outgoing) -> bytes:
        self._channel.published_count += 1
        self._waiting[self._channel.published_count] = outgoing.message_id
        return published(
            self._channel,
            message(
                outgoing.body,
                headers=outgoing.headers,
                delivery_mode=PERSISTENT,
                message_id=outgoing.message_id,
                # The broker refuses another's name here: the listener may rely on it.
                user_id=self._user,
            ),
            exchange=outgoing.exchange,
            routing_key=outgoing.routing_key,
            mandatory=True,
        )

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._confirmed.update(self._settle(tag, multiple))

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple)

    def _on_return(
        self, _error: Exception, _exchange: str, _routing_key: str, returned: amqp.Message
    ) -> None:
        self._returned.add(returned.properties["message_id"])

    def _settle(self, tag: int, multiple: bool) -> list[str]:
        tags = [waiting for waiting in self._waiting if waiting <= tag] if multiple else [tag]
        return [self._waiting.pop(settled) for settled in tags if settled in self._waiting]
