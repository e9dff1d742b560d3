"""Broker connections for publishing and calling, pooled and used by one thread or greenlet at a time."""

import json
import random
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from queue import Empty, LifoQueue
from typing import Any

import amqp

from chassis.broker.connection import CONNECTION_ERRORS, SOCKET_TIMEOUT_S, Connection
from chassis.broker.url import BrokerUrl, Host, read_broker_url

CONNECT_TIMEOUT_S = 2
CONFIRM_TIMEOUT_S = 4
# RabbitMQ 4 refuses a body above 16 MiB and closes the channel, 3.10 takes eight times as much.
MESSAGE_MAX_BYTES = 8 * 1024 * 1024
_as_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def user_of(uri: str) -> str:
    """The name that the broker knows this process by."""
    return read_broker_url(uri).user


def connect(uri: str, kind: type[Connection] = Connection, **options: Any) -> Connection:
    """An open connection to the first host that takes us, of ``kind``; ``options`` are py-amqp's.

    Raises one of CONNECTION_ERRORS, the last host's, or BrokerUrlError.
    """
    url = read_broker_url(uri)
    failed: Exception | None = None
    for host in _in_turn(url):
        connection = _made(url, host, kind, options)
        try:
            connection.connect()
        except CONNECTION_ERRORS as error:
            connection.collect()
            failed = error
        else:
            _worked[url.hosts] = host
            return connection
    assert failed is not None, "a URL has a host"
    raise failed


def _made(url: BrokerUrl, host: Host, kind: type[Connection], options: dict[str, Any]) -> Connection:
    limits = {"read_timeout": SOCKET_TIMEOUT_S, "write_timeout": SOCKET_TIMEOUT_S}
    return kind(
        host=str(host),
        userid=url.user,
        password=url.password,
        virtual_host=url.virtual_host,
        ssl=url.tls,
        connect_timeout=CONNECT_TIMEOUT_S,
        **limits | options,
    )


def leave(uri: str) -> None:
    """The host that took this process has fallen silent: begin with another, and use no idle connection to it
    any more, as what is written there would vanish without an error.
    """
    url = read_broker_url(uri)
    in_turn = _in_turn(url)
    _worked[url.hosts] = in_turn[1 % len(in_turn)]
    _left[url.hosts] = _left.get(url.hosts, 0) + 1


# The host of each broker that took this process last, asked first: one that is dead is waited for only once.
_worked: dict[tuple[Host, ...], Host] = {}
# How often a host of each broker was left: what was opened before is not used.
_left: dict[tuple[Host, ...], int] = {}


def _in_turn(url: BrokerUrl) -> list[Host]:
    hosts = _shuffled(url.hosts)
    at = hosts.index(_worked.get(url.hosts, hosts[0]))
    return [*hosts[at:], *hosts[:at]]


@cache
def _shuffled(hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Another order in each process, or all would sit on the first host."""
    return tuple(random.sample(hosts, len(hosts)))


def reason(error: BaseException) -> str:
    """Why there is no connection, for a log: the kind, and of TLS what was wrong with it."""
    words = [type(error).__name__, getattr(error, "verify_message", "") or getattr(error, "reason", "")]
    return ": ".join(word for word in words if word) if isinstance(error, ssl.SSLError) else words[0]


class ChannelPool:
    """Open channels, each on its own connection: py-amqp's must not be shared between threads."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._hosts = read_broker_url(uri).hosts
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
        left = _left.get(self._hosts, 0)
        with suppress(Empty):
            while True:
                channel = self._idle.get_nowait()
                if channel.opened_after == left:
                    return channel
                _close(channel)
        channel = connect(self._uri).channel()
        channel.opened_after = left
        self.prepare(channel)
        return channel


class MessageTooBig(ValueError):
    """The body is larger than any broker need take."""


def within_limit(text: str) -> str:
    """The text; raises MessageTooBig where a message cannot carry it."""
    # No character has more than four bytes: nearly always the bytes need not be counted.
    if 4 * len(text) > MESSAGE_MAX_BYTES and (size := len(text.encode())) > MESSAGE_MAX_BYTES:
        raise MessageTooBig(
            f"the body has {size} bytes, the limit is MESSAGE_MAX_BYTES = {MESSAGE_MAX_BYTES}"
        )
    return text


class Json(str):
    """A body that is JSON already."""


def message(body: Any, *, headers: dict[str, Any] | None = None, **properties: Any) -> amqp.Message:
    """A JSON message; ``delivery_mode`` 1 is transient, 2 survives a broker restart.

    Raises TypeError or ValueError for a body that is no JSON, MessageTooBig for one above MESSAGE_MAX_BYTES.
    """
    return amqp.Message(
        within_limit(body if isinstance(body, Json) else _as_json(body)).encode(),
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
