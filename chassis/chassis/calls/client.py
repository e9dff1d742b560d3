"""Calling another service: nameko's wire format, a pool of connections, and a time limit on every call."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Protocol

import amqp

from chassis.broker.amqp import ChannelPool, message
from chassis.broker.connection import CONNECTION_ERRORS, publish_now
from chassis.broker.topology import RPC_EXCHANGE
from chassis.calls.signing import Signer
from chassis.ids import new_id
from chassis.metrics import counter, histogram
from contracts.refusals import Refusal

RPC_TIMEOUT_S = 2.0
# RabbitMQ's own pseudo queue: the reply comes back on the channel that asked, without a queue to declare.
REPLY_QUEUE = "amq.rabbitmq.reply-to"
TRANSIENT = 1

# Not "service": Prometheus gives that name to the service it scrapes.
_rpc_seconds = histogram("rpc_client_seconds", "Calls to other services.", ("callee", "method", "outcome"))
unclaimed = counter("rpc_replies_unclaimed_total", "Replies that no call waited for (any more).")


class RpcFailed(Exception):
    """The other service failed in a way that it did not expect; its log says how."""


class RpcUnavailable(Exception):
    """The other service, or the broker, did not answer in time; the same call may be made again."""


class RpcTimeout(RpcUnavailable):
    """No answer within the limit; the call may or may not have happened: retry with the same key."""


class RpcClient:
    """A thread-safe, greenthread-safe caller; each call in flight has a connection of its own."""

    def __init__(self, amqp_uri: str, timeout_s: float = RPC_TIMEOUT_S) -> None:
        self._pool = _ReplyPool(amqp_uri)
        self._timeout_s = timeout_s

    def call(self, service: str, method: str, kwargs: dict[str, Any], headers: dict[str, Any]) -> Any:
        """The method's result; raises Refusal, RpcFailed, RpcUnavailable or RpcTimeout."""
        with timed(service, method):
            return result_of(self._exchange(service, method, kwargs, headers))

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _exchange(
        self, service: str, method: str, kwargs: dict[str, Any], headers: dict[str, Any]
    ) -> str | bytes:
        request = request_message(kwargs, headers, self._timeout_s)
        deadline = monotonic() + self._timeout_s
        is_again = False
        while True:
            try:
                return self._attempt(request, f"{service}.{method}", deadline)
            except TimeoutError as error:
                raise RpcTimeout(f"{service}.{method}") from error
            except CONNECTION_ERRORS as error:
                # A restarted broker leaves dead connections in the pool. The call is safe to repeat: what
                # creates or moves something carries an idempotency key.
                self._pool.close()
                if is_again:
                    raise RpcUnavailable(f"{service}.{method}: {type(error).__name__}") from error
                is_again = True

    def _attempt(self, request: amqp.Message, routing_key: str, deadline: float) -> str | bytes:
        correlation_id = request.properties["correlation_id"]
        with self._pool.channel() as channel:
            channel.awaited, channel.reply = correlation_id, None
            # Once for the whole exchange: `drain_events(timeout=…)` would set it back and forth each frame.
            channel.connection.sock.settimeout(_remaining_s(deadline))
            publish_now(channel, request, exchange=RPC_EXCHANGE, routing_key=routing_key, mandatory=True)
            while channel.reply is None:
                _remaining_s(deadline)
                channel.connection.drain_events()
            reply: str | bytes = channel.reply
            return reply


def request_message(kwargs: dict[str, Any], headers: dict[str, Any], timeout_s: float) -> amqp.Message:
    """The request as nameko reads it, with a correlation id of its own."""
    return message(
        {"args": [], "kwargs": kwargs},
        headers={f"nameko.{name}": value for name, value in headers.items() if value is not None},
        delivery_mode=TRANSIENT,
        # A request that nobody took in time is worth nothing: the caller has gone.
        expiration=str(int(timeout_s * 1000)),
        reply_to=REPLY_QUEUE,
        correlation_id=new_id("rpc"),
    )


@contextmanager
def timed(service: str, method: str) -> Iterator[None]:
    """Observe the call inside; outcomes are ok, refused, unavailable and failed."""
    started, outcome = monotonic(), "failed"
    try:
        yield
        outcome = "ok"
    except Refusal:
        outcome = "refused"
        raise
    except RpcUnavailable:
        outcome = "unavailable"
        raise
    finally:
        _rpc_seconds.labels(service, method, outcome).observe(monotonic() - started)


def _remaining_s(deadline: float) -> float:
    remaining_s = deadline - monotonic()
    if remaining_s <= 0:
        raise TimeoutError
    return remaining_s


class _ReplyPool(ChannelPool):
    def prepare(self, channel: amqp.Channel) -> None:
        channel.awaited = channel.reply = None

        def on_reply(reply: amqp.Message) -> None:
            if channel.reply is None and reply.properties.get("correlation_id") == channel.awaited:
                channel.reply = reply.body
            else:
                # Of a request that the broker handed out twice, as its first process died before it said so.
                unclaimed.inc()

        channel.basic_consume(REPLY_QUEUE, no_ack=True, callback=on_reply)


def result_of(body: str | bytes) -> Any:
    """What a reply says; raises Refusal or RpcFailed."""
    reply = json.loads(body)
    error = reply["error"]
    if error is None:
        return reply["result"]
    if error.get("refusal"):
        raise Refusal(error["refusal"], field=error["field"], **error["details"])
    raise RpcFailed(error.get("failed", "unknown"))


class Calls(Protocol):
    """Who makes the calls: `RpcClient`, or one whose answers are awaited."""

    def call(self, service: str, method: str, kwargs: dict[str, Any], headers: dict[str, Any]) -> Any:
        """See `RpcClient.call`."""


class Services:
    """The other services by name: ``services.identity.get_contact(holder_id=…)``.

    Calls carry the caller's signed token and the call id; ``as_service()`` calls in nobody's name but
    that of the service that calls, signed by ``signer``.
    """

    def __init__(
        self, client: Calls, signer: Signer, headers: dict[str, Any] | None = None, *, own: bool = False
    ) -> None:
        self._client, self._signer = client, signer
        self._headers, self._own = headers or {}, own

    def bind(self, **headers: Any) -> "Services":
        """The same services for one call: ``token`` and ``call_id``."""
        return Services(self._client, self._signer, {**self._headers, **headers}, own=self._own)

    def as_service(self) -> "Services":
        """Call as a service of the platform instead of as the person."""
        return Services(self._client, self._signer, self._headers, own=True)

    def __getattr__(self, service: str) -> Any:
        signed = {"token": self._signer.token_for(service)} if self._own else {}
        return _Service(self._client, service, {**self._headers, **signed})


class _Service:
    def __init__(self, client: Calls, service: str, headers: dict[str, Any]) -> None:
        self._client, self._service, self._headers = client, service, headers

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**kwargs: Any) -> Any:
            return self._client.call(self._service, method, kwargs, self._headers)

        return call
