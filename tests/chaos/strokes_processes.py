"""Faults of processes: killed, frozen, restarted."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from random import Random

from devstack.host.processes import descendants
from tests.chaos.stage import Scene

LISTENERS = ("wallet", "offers", "notify")
ALL = ("identity", "cards", "wallet", "offers", "notify", "gateway")
# Longer than two heartbeats: the broker gives up on the connection and hands its messages out again.
LONG_FREEZE_S = 22.0


def kill(service: str) -> Callable[[Scene, Random], str]:
    """-9 for this service; it stays away for up to 3 s."""

    def strike(scene: Scene, random: Random) -> str:
        scene.stack.supervisor.kill(service)
        time.sleep(random.uniform(0, 3))
        scene.stack.supervisor.start(service)
        return ""

    strike.__doc__ = f"kill -9 of `{service}`, which is away for up to 3 s"
    return strike


def freeze_service(scene: Scene, random: Random) -> str:
    """SIGSTOP of a service for 1 to 5 s, then SIGCONT"""
    return _freeze(scene, random.choice(ALL), random.uniform(1, 5))


def freeze_listener(scene: Scene, random: Random) -> str:
    """SIGSTOP of a listening service for longer than two heartbeats: its messages go out again"""
    return _freeze(scene, random.choice(LISTENERS), LONG_FREEZE_S)


def restart_service(scene: Scene, random: Random) -> str:
    """SIGTERM of a service, waited for, and started again"""
    service = random.choice(ALL)
    scene.stack.supervisor.stop(service)
    scene.stack.supervisor.start(service)
    return service


def mail_server_away(scene: Scene, random: Random) -> str:
    """the mail server is killed, and away for 3 to 8 s"""
    scene.stack.supervisor.kill("mailbox")
    time.sleep(random.uniform(3, 8))
    scene.stack.supervisor.start("mailbox")
    return ""


def _freeze(scene: Scene, service: str, seconds: float) -> str:
    freeze(scene.stack.supervisor.process_ids(service), seconds)
    return service


def freeze(pids: Iterable[int], seconds: float) -> None:
    """SIGSTOP of these processes and all that they started, then SIGCONT."""
    family = [one for pid in pids for one in (pid, *(child.pid for child in descendants(pid)))]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)
