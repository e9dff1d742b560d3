"""Coming to rest: nothing announced and not heard, nothing in a queue, no mail due; by itself, in time."""

import json
import time
from collections.abc import Callable
from contextlib import closing

from devstack.servers.databases import connect
from devstack.servers.rabbitmq import RabbitmqNode
from tests.chaos.stage import Scene
from tests.e2e.quiet import on_the_way

# The longest ways back: an event's fourth retry waits 300 s, a mail's lease runs out after 180 s, and a mail
# whose neighbours were away five times in a row waits 600 s.
REST_TIMEOUT_S = 700.0
# With a planted bug it may never rest.
PLANTED_TIMEOUT_S = 60.0
POLL_S = 1.0
# What is put off until tomorrow is not due.
_DUE = """
    SELECT count(*) FROM messages WHERE state = 'due' AND due_at < clock_timestamp() + interval '12 hours'
"""


def settle(scene: Scene, timeout_s: float, tell: Callable[[str], None]) -> dict[str, int]:
    """Wait for rest; what is still on its way after the time, by name."""
    began = time.monotonic()
    told = began
    while left := waiting(scene):
        if time.monotonic() - began > timeout_s:
            return left
        if time.monotonic() - told > 15:
            told = time.monotonic()
            tell(f"still on the way after {told - began:.0f} s: {left}")
        time.sleep(POLL_S)
    return {}


def waiting(scene: Scene) -> dict[str, int]:
    """What is on its way, by name; nothing when all rests."""
    left = on_the_way(scene.stack)
    if due := _due(scene):
        left["mails due"] = due
    if left:
        return left
    return {name: sum(counts) for name, counts in queues(scene.broker).items() if sum(counts)}


def queues(broker: RabbitmqNode) -> dict[str, tuple[int, int]]:
    """Ready and unacknowledged messages of each queue that must be empty in the end."""
    columns = ("name", "messages_ready", "messages_unacknowledged")
    listed = json.loads(broker.control("list_queues", *columns, "--formatter", "json"))
    return {
        one["name"]: (int(one["messages_ready"]), int(one["messages_unacknowledged"]))
        for one in listed
        if one["name"] != "unheard" and not one["name"].endswith(".parked")
    }


def _due(scene: Scene) -> int:
    with closing(connect(scene.stack.database_url("notify"))) as link, link.cursor() as at:
        at.execute(_DUE)
        row = at.fetchone()
    return int(row[0]) if row else 0
