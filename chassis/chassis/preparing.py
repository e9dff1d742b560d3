"""Prepare: one service's migrations and topology, before any serves: an event without a queue is lost."""

from collections.abc import Iterator
from typing import Any

from chassis.amqp import connect
from chassis.dependencies import settings_of
from chassis.migrating import migrate
from chassis.runner import service_class
from chassis.topology import declare
from contracts.base import Event


def prepare(name: str) -> None:
    """Bring the service's database and queues to what its code expects; safe to repeat."""
    service = service_class(name)
    settings = settings_of(service)
    migrate(settings.database_url, name)
    connection = connect(settings.amqp_uri)
    declare(connection.channel(), name, events_heard(service))
    connection.close()


def events_heard(service: Any) -> Iterator[type[Event]]:
    """The events that the service's methods handle."""
    for member in vars(service).values():
        event = getattr(member, "event", None)
        if isinstance(event, type) and issubclass(event, Event):
            yield event
