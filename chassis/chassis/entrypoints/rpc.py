"""RPC: nameko's requests, with answers that are refusals or results and never a class name."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from time import monotonic
from typing import Any

import amqp
from kombu.entity import Queue
from nameko.exceptions import IncorrectSignature
from nameko.rpc import Rpc as NamekoRpc
from nameko.rpc import RpcConsumer as NamekoRpcConsumer

from chassis.broker.amqp import ChannelPool, message
from chassis.broker.connection import CONNECTION_ERRORS, acknowledge, connection_of, publish_now
from chassis.broker.topology import rpc_queue
from chassis.calls.access import admit, require_row
from chassis.calls.client import TRANSIENT, RpcUnavailable
from chassis.database.engine import is_transient
from chassis.entrypoints.consuming import QueueConsumer
from chassis.log import failure, get_logger
from chassis.metrics import histogram
from chassis.work import current_work
from contracts.refusals import Refusal

log = get_logger()
_seconds = histogram("rpc_server_seconds", "Calls answered by this service.", ("method", "outcome"))


class RpcConsumer(NamekoRpcConsumer):
    """Takes the service's requests and sends the replies, transient and without confirms (ADR 0002)."""

    queue: Queue | None
    queue_consumer = QueueConsumer()

    def setup(self) -> None:
        """The queue as `prepare` declared it."""
        if self.queue is None:
            # `prepare` declared it; the running service may not (ADR 0023).
            self.queue = Queue(rpc_queue(self.container.service_name), no_declare=True)
            self.replies = ChannelPool(self.queue_consumer.amqp_uri)
            self.queue_consumer.register_provider(self)
            self._registered = True

    def handle_message(self, body: Any, message: Any) -> None:
        """A request that nobody could be answered for would kill the process in a loop: park it."""
        well_formed = isinstance(body, dict) and isinstance(body.get("kwargs"), dict) and not body.get("args")
        if not message.properties.get("reply_to") or not well_formed:
            self.queue_consumer.set_aside(
                message, rpc_queue(self.container.service_name), "", "not a request"
            )
            return
        super().handle_message(body, message)

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Reply, then acknowledge."""
        self._reply(message.properties, result, exc_info)
        acknowledge(message)
        return result, exc_info

    def _reply(self, asked: dict[str, Any], result: Any, exc_info: Any) -> None:
        reply = _answer(result, exc_info, asked.get("correlation_id", ""))
        for last in (False, True):
            try:
                with self.replies.channel() as channel:
                    # Nobody reads here otherwise, and what is written to a broker that has gone is lost.
                    connection_of(channel).notice()
                    publish_now(channel, reply, exchange="", routing_key=asked["reply_to"])
                return
            except CONNECTION_ERRORS as error:
                self.replies.close()
                if last:
                    # The caller's time limit tells it; what was done is found again by its key.
                    log.warning("reply_not_sent", **failure(error))


class Rpc(NamekoRpc):
    """An RPC entrypoint on our consumer."""

    rpc_consumer = RpcConsumer()

    def setup(self) -> None:
        """Read the method's signature once, as nameko would at each call; nothing is served that anybody
        might call."""
        super().setup()
        require_row(self.container.service_cls, self.method_name)
        self._signature = signature(getattr(self.container.service_cls, self.method_name))

    def check_signature(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Raises IncorrectSignature before the method runs."""
        try:
            self._signature.bind(None, *args, **kwargs)
        except TypeError as error:
            raise IncorrectSignature(str(error)) from error


def rpc(method: Callable[..., Any]) -> Callable[..., Any]:
    """Expose a method to those whom the service's ``access`` admits; keyword arguments in, JSON primitives or
    a Refusal out."""

    @wraps(method)
    def call(self: Any, **kwargs: Any) -> Any:
        current_work.set(method.__name__)
        started = monotonic()
        outcome = "failed"
        try:
            admit(self.caller, self.access[method.__name__])
            result = method(self, **kwargs)
            outcome = "ok"
            return result
        except Refusal:
            outcome = "refused"
            raise
        except Exception as error:
            if is_transient(error) or isinstance(error, RpcUnavailable):
                outcome = "try_again"
                log.warning("rpc_try_again", method=method.__name__, **failure(error))
                raise Refusal("try_again") from error
            log.error("rpc_failed", method=method.__name__, **failure(error))
            raise
        finally:
            _seconds.labels(method.__name__, outcome).observe(monotonic() - started)

    decorated: Callable[..., Any] = Rpc.decorator(call)
    return decorated


def _answer(result: Any, exc_info: Any, correlation_id: str) -> amqp.Message:
    """The reply; a result that is no JSON is a mistake of ours like any other."""
    properties: dict[str, Any] = {"delivery_mode": TRANSIENT, "correlation_id": correlation_id}
    error = None if exc_info is None else _error(exc_info[1])
    try:
        return message({"result": result, "error": error}, **properties)
    except (TypeError, ValueError) as mistake:
        log.error("rpc_failed", **failure(mistake))
        return message({"result": None, "error": _error(mistake)}, **properties)


def _error(error: BaseException) -> dict[str, Any]:
    if isinstance(error, Refusal):
        return {"refusal": error.code, "field": error.field, "details": error.details}
    return {"failed": "internal"}
