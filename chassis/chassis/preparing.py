"""Prepare: a service's tables, rights and queues, before any serves: an event without a queue is lost."""

import inspect
from collections.abc import Iterator
from os import environ
from typing import Any

from chassis.broker.amqp import connect
from chassis.broker.topology import declare
from chassis.broker.url import read_broker_url
from chassis.database.migrating import migrate
from chassis.database.rights import grant, rights_of
from chassis.dependencies import settings_of
from chassis.runner import service_class
from chassis.settings import variable
from contracts.base import Event


def prepare(name: str) -> None:
    """Bring the service's database and queues to what its code expects; safe to repeat.

    Works as the owner, whom the serving process does not know (ADR 0023); without one, the service's own
    user owns what it uses.
    """
    service = service_class(name)
    settings = settings_of(service)
    owner_url = variable("OWNER_DATABASE_URL", environ) or settings.database_url
    migrate(owner_url, name)
    if owner_url != settings.database_url:
        grant(owner_url, settings.database_url, rights_of(name))
    uri = variable("OWNER_AMQP_URI", environ) or settings.amqp_uri
    connection = connect(uri)
    has_several = len(read_broker_url(uri).hosts) > 1
    declare(connection.channel(), name, events_heard(service), replicated=has_several)
    connection.close()


def events_heard(service: Any) -> Iterator[type[Event]]:
    """The events that the service's methods handle."""
    for _, member in inspect.getmembers(service):
        event = getattr(member, "event", None)
        if isinstance(event, type) and issubclass(event, Event):
            yield event
