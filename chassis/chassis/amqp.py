"""Broker connections for publishing and calling, pooled and used by one thread or greenlet at a time."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp

CONNECT_TIMEOUT_S = 2
SOCKET_TIMEOUT_S = 5
CONFIRM_TIMEOUT_S = 4
_as_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
RECEIVED_BYTES = 16 * 1024
# What a broken connection raises, whatever layer noticed.
CONNECTION_ERRORS = (amqp.exceptions.ConnectionError, OSError, amqp.exceptions.ChannelError)


def read_ahead(connection: amqp.Connection) -> None:
    """Take in what has arrived at once: py-amqp reads each message in nine small pieces (ADR 0002)."""
    # Its transport keeps what it did not ask for until the next read.
    receive = connection.transport.sock.recv
    connection.transport._quick_recv = lambda _size: receive(RECEIVED_BYTES)


def user_of(uri: str) -> str:
    """The name that the broker knows this process by."""
    return unquote(urlsplit(uri).username or "")


def connect(uri: str) -> amqp.Connection:
    """An open connection; raises one of CONNECTION_ERRORS."""
    parts = urlsplit(uri)
    connection = amqp.Connection(
        host=f"{parts.hostname}:{parts.port or 5672}",
        userid=user_of(uri),
        password=unquote(parts.password or ""),
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=parts.scheme == "amqps",
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=SOCKET_TIMEOUT_S,
        write_timeout=SOCKET_TIMEOUT_S,
    )
    connection.connect()
    if not os.get_blocking(connection.sock.fileno()):
        # A green thread's: py-amqp leaves both limits to the kernel, where it never waits. Elsewhere this
        # would let go of the interpreter twice for each read.
        connection.sock.settimeout(SOCKET_TIMEOUT_S)
    read_ahead(connection)
    return connection


class ChannelPool:
    """Open channels, each on its own connection: py-amqp's must not be shared between threads."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._idle: LifoQueue[amqp.Channel] = LifoQueue()

    @contextmanager
    def channel(self) -> Iterator[amqp.Channel]:
        """A channel for the block; after an error inside it is closed and never used again."""
        channel = self._take()
        try:
            yield channel
        except BaseException:
            _close(channel)
            raise
        self._idle.put(channel)

    def close(self) -> None:
        """Close every idle connection, as after one of them turned out to be dead."""
        with suppress(Empty):
            while True:
                _close(self._idle.get_nowait())

    def prepare(self, channel: amqp.Channel) -> None:
        """Called once for each new channel; for subclasses."""

    def _take(self) -> amqp.Channel:
        with suppress(Empty):
            return self._idle.get_nowait()
        channel = connect(self._uri).channel()
        self.prepare(channel)
        return channel


class Json(str):
    """A body that is JSON already."""


@contextmanager
def in_one_write(channel: amqp.Channel) -> Iterator[None]:
    """What is published in the block leaves in one write at its end; nobody else may use the connection."""
    transport = channel.connection.transport
    write, held = transport._write, bytearray()
    transport._write = held.extend
    try:
        yield
    finally:
        transport._write = write
    transport.write(held)


def message(body: Any, *, headers: dict[str, Any] | None = None, **properties: Any) -> amqp.Message:
    """A JSON message; ``delivery_mode`` 1 is transient, 2 survives a broker restart.

    Raises TypeError or ValueError for a body that is no JSON.
    """
    return amqp.Message(
        body if isinstance(body, Json) else _as_json(body),
        content_type="application/json",
        content_encoding="utf-8",
        application_headers=headers or {},
        **properties,
    )


def _close(channel: amqp.Channel) -> None:
    connection = channel.connection
    with suppress(Exception):
        # A dead peer would be waited for; the socket is closed without the goodbye.
        connection.transport.close()
