"""Faults of the broker: stopped, killed, out of memory or disk, its connections closed."""

import time
from random import Random

from tests.chaos.stage import Scene
from tests.chaos.strokes_processes import LISTENERS

WHY = "chaos"
# The connections of all channels that consume from the service's queues, each closed once.
_DROP = """
    Consumers = rabbit_amqqueue:consumers_all(<<"/">>),
    Channels = [proplists:get_value(channel_pid, One) || One <- Consumers,
                string:prefix(element(4, proplists:get_value(queue_name, One)), <<"SERVICE.">>) =/= nomatch],
    Connections = lists:usort([rabbit_channel:info(Channel, [connection]) || Channel <- Channels]),
    [catch rabbit_networking:close_connection(Pid, "chaos") || [{connection, Pid}] <- Connections].
"""


def restart_broker(scene: Scene, random: Random) -> str:
    """RabbitMQ is stopped, away for up to 3 s, and started again"""
    scene.broker.stop()
    time.sleep(random.uniform(0, 3))
    scene.broker.start()
    return ""


def kill_broker(scene: Scene, random: Random) -> str:
    """kill -9 of RabbitMQ, which is away for up to 3 s"""
    scene.broker.kill9()
    time.sleep(random.uniform(0, 3))
    scene.broker.start()
    return ""


def close_connections(scene: Scene, random: Random) -> str:
    """the broker closes all AMQP connections"""
    scene.broker.control("close_all_connections", WHY)
    return ""


def drop_listeners(scene: Scene, random: Random) -> str:
    """the queues of one service lose all their consumers: the broker closes the connections that consume"""
    service = random.choice(LISTENERS)
    scene.broker.control("eval", _DROP.replace("SERVICE", service))
    return service


def memory_alarm(scene: Scene, random: Random) -> str:
    """the broker's memory alarm blocks all who publish for 2 to 6 s"""
    return _alarm(scene, "vm_memory_monitor:set_vm_memory_high_watermark", "0.00001", "0.4", random)


def disk_alarm(scene: Scene, random: Random) -> str:
    """the broker's disk alarm blocks all who publish for 2 to 6 s"""
    return _alarm(scene, "rabbit_disk_monitor:set_disk_free_limit", '"1000000GB"', '"200MB"', random)


def _alarm(scene: Scene, limit: str, too_low: str, usual: str, random: Random) -> str:
    """One command for all of it: rabbitmqctl itself takes seconds to start."""
    held_ms = random.randint(2_000, 6_000)
    scene.broker.control("eval", f"{limit}({too_low}), timer:sleep({held_ms}), {limit}({usual}).")
    return ""
