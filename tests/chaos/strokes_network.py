"""Faults of the network between services, broker and databases, and of the clock."""

import time
from collections.abc import Callable
from datetime import timedelta
from random import Random

from tests.chaos.stage import Scene

LINKS_MAX = 3


def turn(mode: str, what: str) -> Callable[[Scene, Random], str]:
    """One to three links behave like this for 2 to 6 s."""

    def strike(scene: Scene, random: Random) -> str:
        names = random.sample(scene.links.names, random.randint(1, LINKS_MAX))
        scene.links.turn(names, mode)
        try:
            time.sleep(random.uniform(2, 6))
        finally:
            scene.links.turn(names, "open")
        return " ".join(names)

    strike.__doc__ = f"one to three links between a service and its broker or database: {what}, for 2 to 6 s"
    return strike


def clock_jump(scene: Scene, random: Random) -> str:
    """all clocks jump by an hour, ahead or back, and return after 2 to 6 s"""
    by = random.choice((timedelta(hours=1), timedelta(hours=-1)))
    scene.stack.clock.advance(by)
    time.sleep(random.uniform(2, 6))
    scene.stack.clock.advance(-by)
    return "+1 h" if by > timedelta() else "-1 h"
