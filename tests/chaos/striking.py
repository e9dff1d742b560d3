"""The order of the faults, drawn from the seed, and how long the platform took to answer after each."""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tests.chaos.crew import Crew
from tests.chaos.options import Options
from tests.chaos.stage import Scene
from tests.chaos.strokes import CLUSTER, FAR, NEAR, STROKES
from tests.chaos.timing import during, longest_refusal_s, quantile_s

ALL = {**STROKES, **CLUSTER}
# So often two faults strike at once; so long the platform works in peace between them.
PAIR_SHARE = 0.2
PEACE_S = (1.0, 5.0)
# A fault that needs a server which another fault has just taken away is tried again.
STRIKES_MAX, STRIKE_AGAIN_S = 10, 3.0
# What finds the planted bugs strikes first in a run that is to find one.
FIRST = {
    "inbox_off": ["redeliver"],
    "publish_before_commit": ["terminate_sessions", "kill_database", "restart_database", "kill_cards"],
}


@dataclass(frozen=True)
class Blow:
    """One fault: seconds since the first, how long it lasted, and until a redemption succeeded after it.

    Meanwhile: ``refused_s`` is the longest time without a scan that was answered for good, ``slow_s`` is what
    a hundredth of the scans took longer than, ``tries_in_vain`` were answered with "try again" or not at all.
    """

    name: str
    target: str
    at_s: float
    lasted_s: float
    recovered_s: float
    refused_s: float = 0.0
    slow_s: float = 0.0
    tries_in_vain: int = 0
    error: str = ""


def draw(seed: int, first: list[str], strokes: Collection[str] = STROKES) -> Iterator[tuple[str, ...]]:
    """One or two names at a time, without end; each comes once before any comes again."""
    chance = random.Random(f"{seed}/faults")
    waiting: list[str] = list(first)
    while True:
        if not waiting:
            waiting = chance.sample(list(strokes), len(strokes))
        name = waiting.pop(0)
        others = [other for other in waiting if (other in NEAR) != (name in NEAR)]
        if others and chance.random() < PAIR_SHARE:
            waiting.remove(others[0])
            yield name, others[0]
        else:
            yield (name,)


def strike(scene: Scene, crew: Crew, options: Options, tell: Callable[[Blow], None]) -> list[Blow]:
    """Strike until the time is over; no fault begins after it, and each ends by itself."""
    blows: list[Blow] = []
    chance = random.Random(f"{options.seed}/strokes")
    began = time.monotonic()
    strokes = CLUSTER if options.brokers > 1 else STROKES
    for names in draw(options.seed, FIRST.get(options.planted, []), strokes):
        time.sleep(chance.uniform(*PEACE_S))
        if time.monotonic() - began >= options.duration_s or crew.problems:
            return blows
        for blow in _strike_together(scene, crew, names, chance, began):
            blows.append(blow)
            tell(blow)
    raise AssertionError("unreachable")


def _strike_together(
    scene: Scene, crew: Crew, names: tuple[str, ...], chance: random.Random, began: float
) -> list[Blow]:
    told: dict[str, tuple[str, str]] = {}
    seeds = {name: chance.random() for name in names}

    def one(name: str) -> None:
        told[name] = _strike_one(scene, name, seeds[name])

    started, in_vain = time.monotonic(), crew.tries_in_vain
    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.monotonic() - started
    recovered = crew.recover()
    ended, scans = time.monotonic(), crew.scans
    return [
        Blow(
            name=name,
            target=told[name][0],
            at_s=started - began,
            lasted_s=lasted,
            recovered_s=recovered,
            refused_s=longest_refusal_s(scans, started, ended),
            slow_s=quantile_s(during(scans, [(started, ended)]), 0.99),
            tries_in_vain=crew.tries_in_vain - in_vain,
            error=told[name][1],
        )
        for name in names
    ]


def _strike_one(scene: Scene, name: str, seed: float) -> tuple[str, str]:
    """Whom it hit, and what kept it from striking."""
    error = ""
    for _ in range(STRIKES_MAX):
        try:
            return ALL[name](scene, random.Random(seed)), ""
        except Exception as failed:
            error = f"{type(failed).__name__}: {failed}".splitlines()[0]
            time.sleep(STRIKE_AGAIN_S)
    return "", error


assert not NEAR.keys() & FAR.keys()
