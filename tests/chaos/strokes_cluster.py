"""Faults of one broker of several, the leader of the busiest queue: killed, frozen, cut off from services.

The links between the nodes are Erlang's own and lead through no proxy: a frozen node is cut off from its
neighbours too, one that services cannot reach is not.
"""

import json
import time
from random import Random

from chassis.broker.topology import UNHEARD, parked_queue, rpc_queue
from devstack.host.ports import speaks_amqp, wait_until
from devstack.secrets import DATABASE_SERVICES
from devstack.servers.brokers import NET_TICK_S
from devstack.servers.rabbitmq import RabbitmqNode
from tests.chaos.stage import Scene
from tests.chaos.strokes_processes import freeze

# Each scan is a request in this queue: it is the busiest, unless messages have piled up in another.
SCANS = rpc_queue("cards")
PILED_UP = 100
# Nobody takes what is in these.
_UNREAD = {UNHEARD, *map(parked_queue, DATABASE_SERVICES)}
WHOLE_TIMEOUT_S = 120.0
CUT_MODES = ("cut", "half_open", "stall")
CUTS_S, FREEZES_S = (2.0, 8.0), (2.0, 8.0)


def kill_leader(scene: Scene, random: Random) -> str:
    """kill -9 of the node that leads the busiest queue, which is away for up to 8 s"""
    queue, node = _busiest(scene)
    node.kill9()
    time.sleep(random.uniform(0, 8))
    node.start()
    _wait_whole(scene)
    return f"{node.process_name}: {queue}"


def stop_leader(scene: Scene, random: Random) -> str:
    """the node that leads the busiest queue is stopped politely and started again at once"""
    queue, node = _busiest(scene)
    node.restart()
    _wait_whole(scene)
    return f"{node.process_name}: {queue}"


def freeze_leader(scene: Scene, random: Random) -> str:
    """SIGSTOP of the node that leads the busiest queue for 2 to 8 s: less than until it is given up"""
    return _freeze(scene, random.uniform(*FREEZES_S))


def freeze_leader_long(scene: Scene, random: Random) -> str:
    """SIGSTOP of the node that leads the busiest queue until the others have given it up"""
    return _freeze(scene, 2.5 * NET_TICK_S)


def cut_leader_off(scene: Scene, random: Random) -> str:
    """no service reaches the node that leads the busiest queue, for 2 to 8 s; its neighbours do"""
    queue, node = _busiest(scene)
    number = scene.brokers.index(node) + 1
    names = [name for name in scene.links.names if name.endswith(f".amqp-{number}")]
    mode = random.choice(CUT_MODES)
    scene.links.turn(names, mode)
    try:
        time.sleep(random.uniform(*CUTS_S))
    finally:
        scene.links.turn(names, "open")
    return f"{node.process_name} {mode}: {queue}"


def _freeze(scene: Scene, seconds: float) -> str:
    queue, node = _busiest(scene)
    freeze([own.pid for own in node.processes()], seconds)
    _wait_whole(scene)
    return f"{node.process_name}: {queue}"


def _busiest(scene: Scene) -> tuple[str, RabbitmqNode]:
    """The fullest queue, or that of the scans, and the node where its messages go through."""
    rows = [row for row in _queues(scene) if row["name"] not in _UNREAD]
    fullest = max(rows, key=lambda row: (int(row["messages"]) >= PILED_UP, row["name"] == SCANS))
    at = f"{fullest['leader']} {fullest['pid']}"
    return fullest["name"], next(node for node in scene.brokers if node.name in at)


def _queues(scene: Scene) -> list[dict[str, str]]:
    """Also of classic queues, which have no leader: the process lives on one node."""
    columns = ("name", "messages", "leader", "pid")
    rows: list[dict[str, str]] = json.loads(
        scene.broker.control("list_queues", *columns, "--formatter", "json")
    )
    return rows


def _wait_whole(scene: Scene) -> None:
    """One fault at a time: all nodes serve and see each other. One that found itself alone lets its port go
    and comes back by itself."""
    assert wait_until(lambda: all(speaks_amqp(node.port) for node in scene.brokers), WHOLE_TIMEOUT_S)
    assert wait_until(lambda: _sees_all(scene), WHOLE_TIMEOUT_S)


def _sees_all(scene: Scene) -> bool:
    return scene.broker.control("eval", "length(nodes()).").strip() == str(len(scene.brokers) - 1)
