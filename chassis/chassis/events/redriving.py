"""Redrive: puts parked messages back to their own queues, after somebody mended the cause."""

import json
from contextlib import suppress
from os import environ

import amqp

from chassis.broker.amqp import connect
from chassis.broker.confirms import ConfirmedPublisher, NotPublished
from chassis.broker.topology import parked_queue
from chassis.events.bundles import Carried, UnreadableBundle, read
from chassis.events.parking import QUEUE_HEADER, put_back
from chassis.settings import required


def redrive(service: str) -> int:
    """Move each message that is parked now, once; answers how many. A message leaves the parked queue only
    when its own queue has confirmed it, so an interrupted redrive loses nothing. A bundle goes back as the
    events that it carries, one by one: so every release can hear them.
    """
    uri = required("AMQP_URI", environ)
    connection = connect(uri)
    channel = connection.channel()
    publisher = ConfirmedPublisher(uri)
    parked = channel.queue_declare(parked_queue(service), passive=True).message_count
    moved = 0
    for _ in range(parked):
        message = channel.basic_get(parked_queue(service))
        if message is None:
            break
        moved += _put_back(publisher, channel, message)
    # What could not be put back was not acknowledged: closing gives it back to the parked queue.
    connection.close()
    publisher.close()
    return moved


def _put_back(publisher: ConfirmedPublisher, channel: amqp.Channel, message: amqp.Message) -> int:
    headers = dict(message.headers or {})
    queue = headers.get(QUEUE_HEADER) or _queue_of_first_death(headers)
    if not queue:
        return 0
    # The count of attempts starts anew: only the call's own headers go back.
    kept = {name: value for name, value in headers.items() if name.startswith("nameko.")}
    try:
        put_back(publisher, queue, _events(_body(message), kept))
    except NotPublished:
        return 0
    channel.basic_ack(message.delivery_tag)
    return 1


def _events(body: object, headers: dict[str, object]) -> list[Carried]:
    """A bundle of a later form goes back as it is: whoever listens may know it by now."""
    with suppress(UnreadableBundle):
        return read(body, headers)
    return [Carried(body, headers)]


def _queue_of_first_death(headers: dict[str, object]) -> str | None:
    """A message that the broker itself parked (delivery limit) says there where it came from."""
    deaths = headers.get("x-death")
    return str(deaths[0]["queue"]) if isinstance(deaths, list) and deaths else None


def _body(message: amqp.Message) -> object:
    try:
        return json.loads(message.body)
    except ValueError:
        return str(message.body)
