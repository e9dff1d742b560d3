"""A connection to the broker: py-amqp's for all that is rare, our frames for what is hot (ADR 0039)."""

import os
import ssl
from contextlib import suppress
from threading import Lock
from typing import Any

import amqp
from amqp.transport import SSLTransport

from chassis.broker.frames import Delivery, Frame, Reader, ack, publish
from chassis.broker.url import Tls

SOCKET_TIMEOUT_S = 5
RECEIVED_BYTES = 16 * 1024
# What a broken connection raises, whatever layer noticed.
CONNECTION_ERRORS = (amqp.exceptions.ConnectionError, OSError, amqp.exceptions.ChannelError)
# A socket whose kernel waited as long as it was told says that nothing is there.
_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError)


class Connection(amqp.Connection):
    """py-amqp's, with our TLS (its own checks no host name unless told, and waits without end), its reads and
    writes whole instead of piece by piece."""

    def connect(self, callback: Any = None) -> None:
        """Open it; raises one of CONNECTION_ERRORS."""
        self._reader, self._writing = Reader(), Lock()
        super().connect(callback)
        self._reader.frame_max = self.frame_max
        if self.read_timeout and not os.get_blocking(self.sock.fileno()):
            # A green thread's: py-amqp leaves both limits to the kernel, where it never waits. Elsewhere this
            # would let go of the interpreter twice for each read.
            self.sock.settimeout(self.read_timeout)
        self._one_at_a_time()

    def Transport(self, host: str, timeout: float, tls: Tls | None, *limits: Any, **options: Any) -> Any:  # noqa: N802
        """What the bytes travel by."""
        if tls is None:
            return super().Transport(host, timeout, False, *limits, **options)
        read, write = limits
        return _TlsTransport(host, timeout, {"tls": tls}, read_timeout=read, write_timeout=write, **options)

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Handle the next frame or delivery, and say whether it was a method.

        Raises TimeoutError (``timeout`` in seconds, None for the socket's own) or one of CONNECTION_ERRORS.
        """
        found = self._received(timeout)
        if not isinstance(found, Delivery):
            return self.on_inbound_frame(found)
        self.bytes_recv += 1
        self._hand_out(found)
        return True

    def notice(self) -> None:
        """Handle what has arrived already; raises one of CONNECTION_ERRORS where the broker has gone."""
        with suppress(TimeoutError):
            while True:
                self.blocking_read(0)

    def send(self, frames: bytes) -> None:
        """Write whole frames; raises one of CONNECTION_ERRORS."""
        self.transport.write(frames)
        # By this the heartbeat knows that something was said.
        self.bytes_sent += 1

    def _one_at_a_time(self) -> None:
        """Frames of two green threads do not mix, whoever wrote them."""
        write, writing = self.transport._write, self._writing

        def write_alone(data: Any) -> None:
            with writing:
                write(data)

        self.transport._write = write_alone

    def _received(self, timeout: float | None) -> Delivery | Frame:
        while (found := self._reader.read()) is None:
            with self.transport.having_timeout(timeout) as sock:
                self._reader.feed(self._more(sock))
        return found

    def _more(self, sock: Any) -> bytes:
        try:
            data: bytes = sock.recv(RECEIVED_BYTES)
        except _NOTHING_YET:
            raise TimeoutError from None
        except TimeoutError:
            raise
        except OSError:
            self.transport.connected = False
            raise
        if not data:
            self.transport.connected = False
            raise ConnectionResetError("the broker closed the connection")
        return data

    def _hand_out(self, delivery: Delivery) -> None:
        """As py-amqp's channel does with a delivery that it read itself."""
        if self.channels is None:
            raise amqp.RecoverableConnectionError("the connection is closed")
        channel = self.channels[delivery.channel]
        if channel.is_closing:
            return
        message = amqp.Message(_text(delivery), **delivery.properties)
        channel._on_basic_deliver(*delivery[1:6], message)


def _text(delivery: Delivery) -> str | bytes:
    """The body as its message says; bytes that are no text stay what they are."""
    try:
        return delivery.body.decode(delivery.properties["content_encoding"])
    except (KeyError, LookupError, UnicodeError):
        return delivery.body


def publish_now(channel: amqp.Channel, sent: amqp.Message, **to: Any) -> None:
    """Publish in one write, ``to`` as of `published`; raises one of CONNECTION_ERRORS, or ValueError for what
    no frame carries."""
    connection_of(channel).send(published(channel, sent, **to))


def published(
    channel: amqp.Channel, sent: amqp.Message, *, exchange: str, routing_key: str, mandatory: bool = False
) -> bytes:
    """The frames of a publish on this channel; raises as `publish_now` does."""
    return publish(
        channel.channel_id,
        exchange,
        routing_key,
        sent.properties,
        sent.body,
        frame_max=connection_of(channel).frame_max,
        mandatory=mandatory,
    )


def acknowledge(message: Any, *, multiple: bool = False) -> None:
    """Acknowledge kombu's message, unless its channel is gone: then the broker has taken it back already."""
    channel = message.channel
    with suppress(*CONNECTION_ERRORS):
        connection_of(channel).send(ack(channel.channel_id, message.delivery_tag, multiple=multiple))


def connection_of(channel: amqp.Channel) -> Connection:
    """Raises amqp.RecoverableConnectionError where the channel is closed."""
    if channel.connection is None:
        raise amqp.RecoverableConnectionError("the channel is closed")
    connection: Connection = channel.connection
    return connection


class _TlsTransport(SSLTransport):
    def _wrap_socket(self, sock: Any, tls: Tls) -> ssl.SSLSocket:
        # A peer that says nothing at all would be waited for.
        sock.settimeout(SOCKET_TIMEOUT_S)
        wrapped = tls_context(tls).wrap_socket(sock, server_hostname=tls.server_name or self.host)
        wrapped.settimeout(None)
        return wrapped

    def _shutdown_transport(self) -> None:
        """Without TLS's goodbye, which would wait for a frozen peer's; AMQP has said its own."""


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Read anew for each connection, so that a renewed certificate needs no restart.

    Raises OSError (ssl.SSLError is one) for a file that cannot be read or is no certificate.
    """
    context = ssl.create_default_context(cafile=tls.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if tls.certificate:
        context.load_cert_chain(tls.certificate, tls.key)
    return context
