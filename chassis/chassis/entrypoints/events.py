"""Events: handled once each, in one transaction with the inbox; a failure is retried later, then parked."""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from kombu.entity import Queue
from sqlalchemy.orm import Session

from chassis.broker.amqp import user_of
from chassis.broker.topology import event_queue
from chassis.entrypoints.consuming import QueueConsumer, readable
from chassis.entrypoints.gathering import Batch, GatheringConsumer
from chassis.events.bundles import Carried
from chassis.events.hearing import Listener, UnreadableEvent, hear
from chassis.events.parking import park, put_back, retry_or_park
from chassis.log import call_id_of, calling
from chassis.work import current_work
from contracts.base import Event

# Events of one transaction whose handler takes them together, in a statement or two for all of them.
TOGETHER_MAX = 100
# And of one whose handler takes them one by one: a row that the first has locked is wanted by scans too.
ONE_BY_ONE_MAX = 20

Apply = Callable[[Any, Session, Sequence[Any]], None]


class EventHandler(GatheringConsumer):
    """Consumes one event type from the service's own quorum queue, in batches."""

    queue_consumer = QueueConsumer()

    def __init__(self, event: type[Event], batch_max: int, **kwargs: Any) -> None:
        self.event = event
        super().__init__(batch_max, **kwargs)

    def setup(self) -> None:
        """The queue as `prepare` declared it."""
        service = self.container.service_name
        self.queue = Queue(event_queue(service, self.event), no_declare=True)
        # Where each service has a user of its own, the broker vouches for who published (ADR 0023); what
        # comes back from a delay or from redrive was published by the listener itself.
        has_own_user = user_of(self.queue_consumer.amqp_uri) == service
        self._publishers = {self.event.source, service} if has_own_user else None
        super().setup()

    def _take(self, message: Any) -> None:
        """Nobody but its source announces an event, by whatever way a message came into the queue."""
        if self._publishers is None or message.properties.get("user_id") in self._publishers:
            super()._take(message)
        else:
            queue = event_queue(self.container.service_name, self.event)
            self.queue_consumer.set_aside(message, queue, readable(message), "not from its source")

    def put_aside(self, message: Any, carried: Carried | None, error: BaseException) -> None:
        """Tried later, or parked at once where no retry will mend it; an event of a bundle alone."""
        service = self.container.service_name
        whole = carried or Carried(readable(message), dict(message.headers))
        put = park if isinstance(error, UnreadableEvent) else retry_or_park
        put(
            self.queue_consumer.publisher,
            service,
            event_queue(service, self.event),
            whole.payload,
            whole.headers,
            type(error).__name__,
        )

    def take_apart(self, events: Sequence[Carried]) -> None:
        """Each comes again as if it had been published alone."""
        put_back(self.queue_consumer.publisher, event_queue(self.container.service_name, self.event), events)


def handles(event: type[Event]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate ``method(self, session, event)``; events that come together share a transaction."""

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        def apply(service: Any, session: Session, events: Sequence[Event]) -> None:
            for heard in events:
                with calling(call_id_of(heard)):
                    method(service, session, heard)
                # Each must see the rows as they are now, not as the one before it has read them.
                session.flush()
                session.expunge_all()

        return _entrypoint(method, event, apply, ONE_BY_ONE_MAX)

    return decorate


def handles_together(event: type[Event]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate ``method(self, session, events)``, for handlers that do many events in a statement or two.

    `call_id_of` in `chassis.log` says with which call an event came.
    """

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        return _entrypoint(method, event, method, TOGETHER_MAX)

    return decorate


def _entrypoint(
    method: Callable[..., None],
    event: type[Event],
    apply: Apply,
    batch_max: int,
) -> Callable[..., None]:
    @wraps(method)
    def handle(self: Any, batch: Batch) -> None:
        current_work.set(event.name)
        listener = Listener(
            event=event,
            consumer=f"{self.name}.{event.name}",
            at_once=batch_max,
            apply=partial(apply, self),
        )
        hear(batch, self.db, listener)

    handle.event = event  # type: ignore[attr-defined]
    handle.apply = apply  # type: ignore[attr-defined]
    decorated: Callable[..., None] = EventHandler.decorator(event, batch_max)(handle)
    return decorated
