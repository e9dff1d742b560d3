"""Events: handled once each, in one transaction with the inbox; a failure is retried later, then parked."""

from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any

from kombu.entity import Exchange, Queue
from nameko.messaging import Consumer
from sqlalchemy.orm import Session

from chassis import inbox
from chassis.confirms import NotPublished
from chassis.entrypoints.consuming import QueueConsumer
from chassis.log import failure, get_logger
from chassis.metrics import histogram
from chassis.parking import park, retry_or_park
from chassis.topology import (
    event_exchange,
    event_exchange_arguments,
    event_queue,
    event_queue_arguments,
)
from chassis.work import current_work
from contracts.base import Event

log = get_logger()
_seconds = histogram("event_handling_seconds", "Events handled by this service.", ("event", "outcome"))


class UnreadableEvent(Exception):
    """The message is no such event: no retry will mend it."""


class EventHandler(Consumer):
    """Consumes one event type from the service's own quorum queue."""

    queue_consumer = QueueConsumer()

    def __init__(self, event: type[Event], **kwargs: Any) -> None:
        self.event = event
        super().__init__(queue=None, **kwargs)

    def setup(self) -> None:
        """The queue as `prepare` declared it."""
        service = self.container.service_name
        self.queue = Queue(
            event_queue(service, self.event),
            exchange=Exchange(
                event_exchange(self.event.source),
                "topic",
                durable=True,
                arguments=event_exchange_arguments(),
            ),
            routing_key=self.event.name,
            durable=True,
            queue_arguments=event_queue_arguments(service),
        )
        super().setup()

    def handle_result(
        self, message: Any, worker_ctx: Any, result: Any = None, exc_info: Any = None
    ) -> tuple[Any, Any]:
        """Acknowledge only what took effect or is safely waiting elsewhere."""
        try:
            if exc_info is not None:
                self._put_aside(message, worker_ctx.args[0], exc_info[1])
            self.queue_consumer.ack_message(message)
        except NotPublished:
            self.queue_consumer.requeue_message(message)
        return result, exc_info

    def _put_aside(self, message: Any, body: Any, error: BaseException) -> None:
        service = self.container.service_name
        put = park if isinstance(error, UnreadableEvent) else retry_or_park
        put(
            self.queue_consumer.publisher,
            service,
            event_queue(service, self.event),
            body,
            dict(message.headers),
            type(error).__name__,
        )


def handles(event: type[Event]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate ``method(self, session, event)``; it runs in one transaction with the inbox row."""

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        @wraps(method)
        def handle(self: Any, payload: Any) -> None:
            current_work.set(event.name)
            started = monotonic()
            outcome = "failed"
            try:
                heard = _read(event, payload)
                with self.db.transaction() as session:
                    outcome = _apply(self, session, method, heard)
                log.info("event_handled", event_name=event.name, event_id=heard.event_id, outcome=outcome)
            except Exception as error:
                log.warning("event_failed", event_name=event.name, **failure(error))
                raise
            finally:
                _seconds.labels(event.name, outcome).observe(monotonic() - started)

        handle.event = event  # type: ignore[attr-defined]
        decorated: Callable[..., None] = EventHandler.decorator(event)(handle)
        return decorated

    return decorate


def _apply(service: Any, session: Session, method: Callable[..., None], event: Event) -> str:
    if not inbox.is_new(session, f"{service.name}.{event.name}", event.event_id):
        return "duplicate"
    method(service, session, event)
    return "ok"


def _read(event: type[Event], payload: Any) -> Event:
    try:
        return event.from_payload(payload)
    except (TypeError, AttributeError) as error:
        raise UnreadableEvent(event.name) from error
