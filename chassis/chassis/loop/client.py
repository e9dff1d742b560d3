"""Calling another service from an event loop: all calls in flight share one connection to the broker."""

import asyncio
from collections.abc import Mapping
from typing import Any

import amqp

from chassis.broker.connection import CONNECTION_ERRORS, published
from chassis.broker.topology import RPC_EXCHANGE
from chassis.calls.client import (
    REPLY_QUEUE,
    RPC_TIMEOUT_S,
    RpcTimeout,
    RpcUnavailable,
    request_message,
    result_of,
    timed,
    unclaimed,
)
from chassis.loop.link import Link, opened

# Beyond it a caller is told to come again: what waits longer than its time limit would be done for nobody.
CALLS_IN_FLIGHT_MAX = 1_000
# What the broker has not taken yet, as when it is short of memory; the calls in it time out.
UNSENT_BYTES_MAX = 4 * 1024 * 1024


class LoopRpcClient:
    """The caller of one loop: as `chassis.calls.client.RpcClient`, except that its calls are awaited."""

    def __init__(
        self, amqp_uri: str, timeout_s: float = RPC_TIMEOUT_S, calls_max: int = CALLS_IN_FLIGHT_MAX
    ) -> None:
        self._uri, self._timeout_s, self._calls_max = amqp_uri, timeout_s, calls_max
        self._in_flight = 0
        self._link: _Link | None = None
        self._linking: asyncio.Task[_Link] | None = None

    async def call(self, service: str, method: str, kwargs: dict[str, Any], headers: dict[str, Any]) -> Any:
        """The method's result; raises Refusal, RpcFailed, RpcUnavailable or RpcTimeout."""
        with timed(service, method):
            if self._in_flight >= self._calls_max:
                raise RpcUnavailable(f"{service}.{method}: too many calls in flight")
            self._in_flight += 1
            try:
                return result_of(await self._exchange(f"{service}.{method}", kwargs, headers))
            finally:
                self._in_flight -= 1

    def close(self) -> None:
        """Close the connection."""
        if self._link:
            self._link.lose(ConnectionError("closed"))

    async def _exchange(self, name: str, kwargs: dict[str, Any], headers: dict[str, Any]) -> bytes:
        request = request_message(kwargs, headers, self._timeout_s)
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        is_again = False
        while True:
            try:
                link = self._link if self._link and self._link.is_open else await self._linked(deadline)
                return await link.ask(request, name, deadline)
            except TimeoutError as error:
                raise RpcTimeout(name) from error
            except CONNECTION_ERRORS as error:
                # Once more, as in `RpcClient`: the broker may just have restarted.
                if is_again:
                    raise RpcUnavailable(f"{name}: {type(error).__name__}") from error
                is_again = True

    async def _linked(self, deadline: float) -> "_Link":
        """A link that all who wait for one share; it goes on being made when the first of them gives up."""
        if self._linking is None or self._linking.done():
            self._linking = asyncio.create_task(self._make_link())
            # Whoever waited for it may have given up.
            self._linking.add_done_callback(lambda made: made.cancelled() or made.exception())
        async with asyncio.timeout_at(deadline):
            return await asyncio.shield(self._linking)

    async def _make_link(self) -> "_Link":
        channel = await asyncio.to_thread(_opened, self._uri)
        self._link = _Link(channel, self._uri)
        return self._link


def _opened(uri: str) -> amqp.Channel:
    channel = opened(uri)
    channel.basic_consume(REPLY_QUEUE, no_ack=True)
    return channel


class _Link(Link):
    """The calls of a connection, which wait for their replies, by correlation id."""

    def __init__(self, channel: amqp.Channel, uri: str) -> None:
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        super().__init__(channel, uri)
        channel.events["basic_return"].add(self._on_return)

    async def ask(self, request: amqp.Message, routing_key: str, deadline: float) -> bytes:
        """The reply's body; raises TimeoutError, or what ended the connection."""
        if self.unsent_bytes > UNSENT_BYTES_MAX:
            raise ConnectionError("the broker takes nothing")
        correlation_id = request.properties["correlation_id"]
        reply: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting[correlation_id] = reply
        timer = self._loop.call_at(deadline, _time_out, reply)
        try:
            self.send(
                published(
                    self._channel, request, exchange=RPC_EXCHANGE, routing_key=routing_key, mandatory=True
                )
            )
            return await reply
        finally:
            timer.cancel()
            self._waiting.pop(correlation_id, None)

    def take(self, _routing_key: str, properties: Mapping[str, Any], body: bytes) -> None:
        """A reply."""
        reply = self._waiting.get(properties.get("correlation_id", ""))
        if reply is None or reply.done():
            unclaimed.inc()
        else:
            reply.set_result(body)

    def lost(self, error: BaseException) -> None:
        """Every call ends with its connection."""
        for reply in self._waiting.values():
            _settle(reply, error)

    def _on_return(self, error: Exception, _exchange: str, _key: str, message: amqp.Message) -> None:
        """Nobody has such a queue."""
        if reply := self._waiting.get(message.properties["correlation_id"]):
            _settle(reply, error)


def _settle(reply: asyncio.Future[bytes], error: BaseException) -> None:
    if not reply.done():
        reply.set_exception(error)


def _time_out(reply: asyncio.Future[bytes]) -> None:
    _settle(reply, TimeoutError())
