"""Faults on the bus: poison, garbage, 12 MB, and events that are delivered once more.

Every poison carries a mark of its own and is written down once the broker has confirmed it: afterwards
each must be parked, and nothing else may be.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import amqp

from chassis.broker.amqp import connect
from chassis.broker.topology import RPC_EXCHANGE, event_exchange, event_queue, rpc_queue
from chassis.preparing import events_heard
from chassis.runner import service_class
from devstack.secrets import DATABASE_SERVICES
from devstack.servers.databases import connect as connect_database
from tests.chaos.stage import Scene

MARK = "chaos-poison"
# Less than any broker refuses, more than we would send: its beginning is parked.
HUGE_BYTES = 12_000_000
CONFIRM_TIMEOUT_S = 20.0
REPEATED = 50
PERSISTENT = 2
PICKLE = "application/x-python-serialize"
# Both services whose events move money, and the newest of what they said.
_SAID = """
    SELECT source, name, event_id, payload FROM outbox WHERE published_at IS NOT NULL
    ORDER BY seq DESC LIMIT %s
"""


def poison_calls(scene: Scene, random: Random) -> str:
    """requests without `reply_to`, of a wrong shape, or pickled"""
    service = random.choice(DATABASE_SERVICES)
    for body, properties in (
        (json.dumps({"args": [], "kwargs": {}}), {}),
        (json.dumps([_mark()]), {"reply_to": "nobody"}),
        (_mark(), {"reply_to": "nobody", "content_type": PICKLE}),
    ):
        _poison(scene, service, rpc_queue(service), body, **properties)
    return service


def poison_events(scene: Scene, random: Random) -> str:
    """garbage, pickle, events of a wrong shape and one of a stranger in an event queue"""
    service, queue = random.choice(_queues())
    for body, properties in (
        (b"\xff" + _mark().encode(), {}),
        (_mark(), {"content_type": PICKLE}),
        (json.dumps(["not", "an", "event", _mark()]), {}),
        (json.dumps({"thing": _mark()}), {}),
    ):
        _poison(scene, service, queue, body, **properties)
    source = queue.split(".")[1]
    stranger = random.choice([name for name in DATABASE_SERVICES if name not in (service, source)])
    _poison(scene, service, queue, json.dumps({"thing": _mark()}), publisher=stranger)
    return queue


def poison_huge(scene: Scene, random: Random) -> str:
    """12 MB of garbage in an event queue"""
    service, queue = random.choice(_queues())
    _poison(scene, service, queue, _mark() + "x" * HUGE_BYTES)
    return queue


def redeliver(scene: Scene, random: Random) -> str:
    """events of the last minutes are delivered once more"""
    for service in ("cards", "wallet"):
        with closing(connect_database(scene.stack.database_url(service))) as link, link.cursor() as at:
            at.execute(_SAID, (10 * REPEATED,))
            said = at.fetchall()
        for source, name, event_id, payload in random.sample(said, min(REPEATED, len(said))):
            _publish(scene, source, event_exchange(source), name, json.dumps(payload), message_id=event_id)
    return f"{2 * REPEATED} events"


def read_poison(folder: Path) -> list[dict[str, str]]:
    """What the broker confirmed: ``service``, ``queue``, ``mark`` (empty where parking drops the body)."""
    path = folder / "poison.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _poison(
    scene: Scene, service: str, queue: str, body: str | bytes, *, publisher: str = "", **properties: Any
) -> None:
    """By the listener itself, whose messages are looked into, or by the ``publisher``."""
    exchange, key = (RPC_EXCHANGE, f"{service}.ping") if queue.startswith("rpc-") else ("", queue)
    _publish(scene, publisher or service, exchange, key, body, **properties)
    with (scene.folder / "poison.jsonl").open("a") as file:
        file.write(json.dumps({"service": service, "queue": queue, "mark": mark_of(body)}) + "\n")


def mark_of(body: str | bytes) -> str:
    """The poison's mark, or nothing."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    start = text.find(MARK)
    return text[start : start + len(MARK) + 33] if start >= 0 else ""


def _mark() -> str:
    return f"{MARK}-{uuid.uuid4().hex}"


def _publish(scene: Scene, user: str, exchange: str, key: str, body: str | bytes, **properties: Any) -> None:
    content = {
        "user_id": user,
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "delivery_mode": PERSISTENT,
    }
    link = connect(scene.stack.wiring.amqp_uris[user])
    try:
        channel = link.channel()
        channel.confirm_select()
        channel.basic_publish_confirm(
            amqp.Message(body, **{**content, **properties}),
            exchange=exchange,
            routing_key=key,
            mandatory=True,
            confirm_timeout=CONFIRM_TIMEOUT_S,
        )
    finally:
        link.close()


def _queues() -> list[tuple[str, str]]:
    """Every service with each event queue of its own."""
    return list(_event_queues())


def _event_queues() -> Iterator[tuple[str, str]]:
    for service in DATABASE_SERVICES:
        for event in events_heard(service_class(service)):
            yield service, event_queue(service, event)
