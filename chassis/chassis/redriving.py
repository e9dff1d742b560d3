"""Redrive: puts parked messages back to their own queues, after somebody mended the cause."""

import json
from os import environ

import amqp

from chassis.amqp import connect
from chassis.confirms import ConfirmedPublisher, Outgoing
from chassis.ids import new_id
from chassis.parking import QUEUE_HEADER
from chassis.settings import required
from chassis.topology import parked_queue


def redrive(service: str) -> int:
    """Move each message that is parked now, once; answers how many. A message leaves the parked queue only
    when its own queue has confirmed it, so an interrupted redrive loses nothing.
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
    outgoing = Outgoing(
        exchange="", routing_key=queue, body=_body(message), headers=kept, message_id=new_id("msg")
    )
    if publisher.publish([outgoing]):
        channel.basic_ack(message.delivery_tag)
        return 1
    return 0


def _queue_of_first_death(headers: dict[str, object]) -> str | None:
    """A message that the broker itself parked (delivery limit) says there where it came from."""
    deaths = headers.get("x-death")
    return str(deaths[0]["queue"]) if isinstance(deaths, list) and deaths else None


def _body(message: amqp.Message) -> object:
    try:
        return json.loads(message.body)
    except ValueError:
        return str(message.body)
