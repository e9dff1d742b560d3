"""A connection to the broker that belongs to an event loop, which waits for nothing.

py-amqp opens it, in a thread, and reads and writes whatever is rare (ADR 0039); afterwards its socket is the
loop's.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import amqp

from chassis.broker.amqp import connect, leave, reason
from chassis.broker.connection import CONNECTION_ERRORS, RECEIVED_BYTES
from chassis.broker.frames import Delivery
from chassis.log import get_logger

# A broker that is silent for two of these is left (`chassis.entrypoints.consuming` does the same).
HEARTBEAT_S = 5
# What a socket raises that has to wait, with TLS or without.
NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"

log = get_logger()


def opened(uri: str) -> amqp.Channel:
    """A channel for a `Link`, to be opened in a thread; raises as `connect` does."""
    return connect(uri, heartbeat=HEARTBEAT_S).channel()


class Link:
    """One channel on the loop, which consumes already; what comes is told to `take`, its end to `lost`."""

    def __init__(self, channel: amqp.Channel, uri: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._channel, self._connection, self._uri = channel, channel.connection, uri
        self.is_open = True
        transport = self._connection.transport
        self._socket = transport.sock
        self._socket.setblocking(False)
        self._fileno = self._socket.fileno()
        self._pending = getattr(self._socket, "pending", lambda: 0)
        # With what has arrived since the channel was opened.
        self._reader = self._connection._reader
        self._unsent, self._is_flushing = bytearray(), False
        transport._write = self.send
        for consumer in channel.callbacks:
            channel.callbacks[consumer] = self._on_odd_delivery
        self._heard = self._sent = self._loop.time()
        self._beat = self._loop.call_later(HEARTBEAT_S / 2, self._on_beat)
        self._loop.add_reader(self._fileno, self._on_readable)
        self._loop.call_soon(self._on_readable)

    def take(self, routing_key: str, properties: Mapping[str, Any], body: bytes) -> None:
        """A message has come; properties are named as py-amqp does."""

    def lost(self, error: BaseException) -> None:
        """The connection has ended."""

    @property
    def unsent_bytes(self) -> int:
        """What the broker has not taken yet."""
        return len(self._unsent)

    def send(self, frames: bytes | memoryview) -> None:
        """What is sent in one turn of the loop leaves in one write."""
        self._unsent += frames
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self._on_writable)

    def lose(self, error: BaseException) -> None:
        """End it."""
        if not self.is_open:
            return
        self.is_open = False
        self._beat.cancel()
        self._loop.remove_reader(self._fileno)
        self._loop.remove_writer(self._fileno)
        self._connection.collect()
        self.lost(error)

    def _on_odd_delivery(self, message: amqp.Message) -> None:
        self.take(message.delivery_info["routing_key"], message.properties, message.body)

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
                self.take(read.routing_key, read.properties, read.body)
            else:
                self._connection.on_inbound_frame(read)

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
            self.send(HEARTBEAT)
        self._beat = self._loop.call_later(HEARTBEAT_S / 2, self._on_beat)

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except CONNECTION_ERRORS as error:
            log.warning("broker_away", reason=reason(error))
            self.lose(error)
