"""What becomes of a message that could not be handled: retried later, and in the end parked."""

from collections.abc import Sequence
from typing import Any

from chassis.broker.amqp import MessageTooBig, message
from chassis.broker.confirms import ConfirmedPublisher, NotPublished, Outgoing
from chassis.broker.topology import RETRY_DELAYS_S, delay_exchange, parked_queue
from chassis.events.bundles import Carried
from chassis.ids import new_id
from chassis.log import get_logger
from chassis.metrics import counter

ATTEMPT_HEADER = "x-attempt"
QUEUE_HEADER = "x-queue"
REASON_HEADER = "x-reason"
KEPT_CHARS = 1_000

log = get_logger()
_retried = counter("events_retried_total", "Events put back after a failure.", ("queue",))
_parked = counter("messages_parked_total", "Messages put aside for a person.", ("queue",))


def retry_or_park(
    publisher: ConfirmedPublisher, service: str, queue: str, body: Any, headers: dict[str, Any], reason: str
) -> None:
    """Send the message round through the next delay, or park it after the last; raises NotPublished."""
    attempt = int(headers.get(ATTEMPT_HEADER, 0))
    if attempt >= len(RETRY_DELAYS_S):
        park(publisher, service, queue, body, headers, reason)
        return
    delay_s = RETRY_DELAYS_S[attempt]
    publisher.publish_one(
        _outgoing(delay_exchange(delay_s), queue, body, {**headers, ATTEMPT_HEADER: attempt + 1})
    )
    _retried.labels(queue).inc()
    log.warning("event_retried", queue=queue, attempt=attempt + 1, delay_s=delay_s, reason=reason)


def park(
    publisher: ConfirmedPublisher, service: str, queue: str, body: Any, headers: dict[str, Any], reason: str
) -> None:
    """Put the message aside with the queue that it came from and the reason; raises NotPublished.

    Of one that is larger than any of ours, the beginning is kept.
    """
    kept = {**headers, QUEUE_HEADER: queue, REASON_HEADER: reason}
    publisher.publish_one(_outgoing("", parked_queue(service), _shortened(body), kept))
    _parked.labels(queue).inc()
    log.error("message_parked", queue=queue, reason=reason)


def put_back(publisher: ConfirmedPublisher, queue: str, events: Sequence[Carried]) -> None:
    """Put events back to their queue, a message each; raises NotPublished unless all are there."""
    batch = [_outgoing("", queue, event.payload, event.headers) for event in events]
    if len(publisher.publish(batch)) < len(batch):
        raise NotPublished(queue)


def _shortened(body: Any) -> Any:
    try:
        message(body)
    except MessageTooBig:
        return str(body)[:KEPT_CHARS]
    return body


def _outgoing(exchange: str, routing_key: str, body: Any, headers: dict[str, Any]) -> Outgoing:
    return Outgoing(
        exchange=exchange, routing_key=routing_key, body=body, headers=headers, message_id=new_id("msg")
    )
