"""Hearing events on an event loop, in a queue of this process's own that ends with it: for news only.

Nothing takes effect by them, so they are neither acknowledged nor remembered. Whoever needs them all is told
of each gap.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from typing import Any

import amqp

from chassis.broker.amqp import reason, user_of
from chassis.broker.connection import CONNECTION_ERRORS
from chassis.broker.topology import event_exchange, news_queue, news_queue_arguments
from chassis.calls.client import RpcUnavailable
from chassis.events.bundles import read
from chassis.ids import new_id
from chassis.log import failure, get_logger
from chassis.loop.link import Link, opened
from contracts.base import Event

RETRY_S = 1.0

log = get_logger()


class LoopNews:
    """The news of one loop, heard from the first `ready` on. ``tell`` is handed each event, in any order and
    sometimes twice; ``on_gap`` is called where some were missed."""

    def __init__(
        self,
        service: str,
        amqp_uri: str,
        heard: Sequence[type[Event]],
        tell: Callable[[Any], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._service, self._uri = service, amqp_uri
        self._heard = {event.name: event for event in heard}
        self._tell, self._on_gap = tell, on_gap
        # Where each service has a user of its own, the broker vouches for who published (ADR 0023).
        self._vouched = user_of(amqp_uri) == service
        self._is_linked = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._link: _Link | None = None

    async def ready(self, timeout_s: float) -> None:
        """What is announced after this is told; raises RpcUnavailable where there is no broker in time."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep(), context=Context())
        try:
            async with asyncio.timeout(timeout_s):
                await self._is_linked.wait()
        except TimeoutError as error:
            raise RpcUnavailable("news") from error

    def close(self) -> None:
        """Hear no more."""
        if self._keeping:
            self._keeping.cancel()
        if self._link:
            self._link.lose(ConnectionError("closed"))

    async def _keep(self) -> None:
        is_again = False
        while True:
            try:
                channel = await asyncio.to_thread(self._opened)
            except CONNECTION_ERRORS as error:
                log.warning("broker_away", reason=reason(error))
                await asyncio.sleep(RETRY_S)
                continue
            link = self._link = _Link(channel, self._uri, self._take)
            self._is_linked.set()
            if is_again:
                self._on_gap()
            await link.ended
            self._is_linked.clear()
            is_again = True

    def _opened(self) -> amqp.Channel:
        channel = opened(self._uri)
        try:
            queue = news_queue(self._service, new_id("que"))
            channel.queue_declare(queue, exclusive=True, auto_delete=True, arguments=news_queue_arguments())
            for event in self._heard.values():
                channel.queue_bind(queue, event_exchange(event.source), event.name)
            channel.basic_consume(queue, no_ack=True)
        except CONNECTION_ERRORS:
            channel.connection.collect()
            raise
        return channel

    def _take(self, routing_key: str, properties: Mapping[str, Any], body: bytes) -> None:
        event = self._heard[routing_key]
        if self._vouched and properties.get("user_id") != event.source:
            log.warning("event_refused", event_name=event.name)
            return
        try:
            told = [event.from_payload(carried.payload) for carried in read(json.loads(body), {})]
        except Exception as error:
            # A later release's.
            log.error("event_failed", event_name=event.name, **failure(error))
            self._on_gap()
            return
        for one in told:
            self._tell(one)


class _Link(Link):
    def __init__(
        self, channel: amqp.Channel, uri: str, take: Callable[[str, Mapping[str, Any], bytes], None]
    ) -> None:
        self._take = take
        super().__init__(channel, uri)
        self.ended: asyncio.Future[None] = self._loop.create_future()

    def take(self, routing_key: str, properties: Mapping[str, Any], body: bytes) -> None:
        """News."""
        self._take(routing_key, properties, body)

    def lost(self, error: BaseException) -> None:
        """There may be others."""
        if not self.ended.done():
            self.ended.set_result(None)
