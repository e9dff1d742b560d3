"""Calling another service from an event loop: all calls in flight share one connection to the broker.

py-amqp opens the connection, in a thread, and reads and writes whatever is rare (ADR 0039); afterwards its
socket belongs to the loop, which waits for nothing.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import amqp

from chassis.amqp import connect, leave, reason
from chassis.client import (
    REPLY_QUEUE,
    RPC_TIMEOUT_S,
    RpcTimeout,
    RpcUnavailable,
    request_message,
    result_of,
    timed,
    unclaimed,
)
from chassis.connection import CONNECTION_ERRORS, RECEIVED_BYTES, published
from chassis.frames import Delivery
from chassis.log import get_logger
from chassis.topology import RPC_EXCHANGE

# Beyond it a caller is told to come again: what waits longer than its time limit would be done for nobody.
CALLS_IN_FLIGHT_MAX = 1_000
# A broker that is silent for two of these is left (`chassis.entrypoints.consuming` does the same).
HEARTBEAT_S = 5
# What the broker has not taken yet, as when it is short of memory; the calls in it time out.
UNSENT_BYTES_MAX = 4 * 1024 * 1024
# What a socket raises that has to wait, with TLS or without.
NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"

log = get_logger()


class LoopRpcClient:
    """The caller of one loop: as `chassis.client.RpcClient`, except that its calls are awaited."""

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
    channel = connect(uri, heartbeat=HEARTBEAT_S).channel()
    channel.basic_consume(REPLY_QUEUE, no_ack=True)
    return channel


class _Link:
    """A connection on the loop, and the calls that wait on it for their replies, by correlation id."""

    def __init__(self, channel: amqp.Channel, uri: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._channel, self._connection, self._uri = channel, channel.connection, uri
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self.is_open = True
        transport = self._connection.transport
        self._socket = transport.sock
        self._socket.setblocking(False)
        self._fileno = self._socket.fileno()
        self._pending = getattr(self._socket, "pending", lambda: 0)
        # With what has arrived since the channel was opened.
        self._reader = self._connection._reader
        self._unsent, self._is_flushing = bytearray(), False
        transport._write = self._send
        for consumer in channel.callbacks:
            channel.callbacks[consumer] = self._on_odd_reply
        channel.events["basic_return"].add(self._on_return)
        self._heard = self._sent = self._loop.time()
        self._beat = self._loop.call_later(HEARTBEAT_S / 2, self._on_beat)
        self._loop.add_reader(self._fileno, self._on_readable)
        self._loop.call_soon(self._on_readable)

    async def ask(self, request: amqp.Message, routing_key: str, deadline: float) -> bytes:
        """The reply's body; raises TimeoutError, or what ended the connection."""
        if len(self._unsent) > UNSENT_BYTES_MAX:
            raise ConnectionError("the broker takes nothing")
        correlation_id = request.properties["correlation_id"]
        reply: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting[correlation_id] = reply
        timer = self._loop.call_at(deadline, _time_out, reply)
        try:
            self._send(
                published(
                    self._channel, request, exchange=RPC_EXCHANGE, routing_key=routing_key, mandatory=True
                )
            )
            return await reply
        finally:
            timer.cancel()
            self._waiting.pop(correlation_id, None)

    def lose(self, error: BaseException) -> None:
        """End it, and every call on it, at once."""
        if not self.is_open:
            return
        self.is_open = False
        self._beat.cancel()
        self._loop.remove_reader(self._fileno)
        self._loop.remove_writer(self._fileno)
        self._connection.collect()
        for reply in self._waiting.values():
            _settle(reply, error)

    def _on_reply(self, properties: dict[str, Any], body: bytes) -> None:
        reply = self._waiting.get(properties.get("correlation_id", ""))
        if reply is None or reply.done():
            unclaimed.inc()
        else:
            reply.set_result(body)

    def _on_odd_reply(self, message: amqp.Message) -> None:
        self._on_reply(message.properties, message.body)

    def _on_return(self, error: Exception, _exchange: str, _key: str, message: amqp.Message) -> None:
        """Nobody has such a queue."""
        if reply := self._waiting.get(message.properties["correlation_id"]):
            _settle(reply, error)

    def _on_readable(self) -> None:
        self._guarded(self._receive)

    def _receive(self) -> None:
        try:
            while chunk := self._socket.recv(RECEIVED_BYTES):
                self._heard = self._loop.time()
                self._reader.feed(chunk)
                if len(chunk) < RECEIVED_BYTES and not self._pending():
                    break
            else:
                raise ConnectionError("the broker hung up")
        except NOT_NOW:
            pass
        while read := self._reader.read():
            if isinstance(read, Delivery):
                self._on_reply(read.properties, read.body)
            else:
                self._connection.on_inbound_frame(read)

    def _send(self, frames: bytes | memoryview) -> None:
        """What is sent in one turn of the loop leaves in one write."""
        self._unsent += frames
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self._on_writable)

    def _on_writable(self) -> None:
        if self.is_open:
            self._guarded(self._flush)

    def _flush(self) -> None:
        try:
            del self._unsent[: self._socket.send(self._unsent)]
            self._sent = self._loop.time()
        except NOT_NOW:
            pass
        self._is_flushing = bool(self._unsent)
        if self._is_flushing:
            self._loop.add_writer(self._fileno, self._on_writable)
        else:
            self._loop.remove_writer(self._fileno)

    def _on_beat(self) -> None:
        now = self._loop.time()
        if now - self._heard > 2 * HEARTBEAT_S:
            leave(self._uri)
            log.warning("broker_silent")
            self.lose(ConnectionError("the broker is silent"))
            return
        if now - self._sent >= HEARTBEAT_S / 2:
            self._send(HEARTBEAT)
        self._beat = self._loop.call_later(HEARTBEAT_S / 2, self._on_beat)

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except CONNECTION_ERRORS as error:
            log.warning("broker_away", reason=reason(error))
            self.lose(error)


def _settle(reply: asyncio.Future[bytes], error: BaseException) -> None:
    if not reply.done():
        reply.set_exception(error)


def _time_out(reply: asyncio.Future[bytes]) -> None:
    _settle(reply, TimeoutError())
