"""What a run is asked for: read from the environment once, with everything that is wrong named at once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.servers.brokers import SIZES
from tests.chaos.planted import PLANTS

FOLDER = Path("var/chaos")
SHORTEST_S, LONGEST_S = 10, 24 * 3600
# A node takes its time to start and to be one of them again: enough for 20 faults on a machine of two cores.
CLUSTER_DURATION_S = 600


class OptionsError(Exception):
    """One line for each variable that is wrong."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """``duration_s`` is the time in which faults strike; ``planted`` is a bug of `planted.py`, or none.

    ``brokers``: with more than one they are a cluster, and faults strike its nodes only.
    """

    seed: int
    duration_s: int = 330
    planted: str = ""
    brokers: int = 1
    folder: Path = FOLDER


def read_options(environ: Mapping[str, str]) -> Options:
    """``DURATION`` (seconds), ``SEED``, ``PLANTED``, ``BROKERS``; raises OptionsError."""
    problems: list[str] = []
    brokers = environ.get("BROKERS") or "1"
    usual_s = Options.duration_s if brokers == "1" else CLUSTER_DURATION_S
    duration = environ.get("DURATION") or str(usual_s)
    if not duration.isdecimal() or not SHORTEST_S <= int(duration) <= LONGEST_S:
        problems.append(f"DURATION is a whole number of seconds from {SHORTEST_S} to {LONGEST_S}")
    seed = environ.get("SEED") or str(secrets.randbelow(1_000_000))
    if not seed.isdecimal():
        problems.append("SEED is a whole number")
    planted = environ.get("PLANTED", "")
    if planted and planted not in PLANTS:
        problems.append(f"PLANTED: there is no {planted}; there are: {', '.join(PLANTS)}")
    if not brokers.isdecimal() or int(brokers) not in SIZES:
        problems.append(f"BROKERS is one of {', '.join(map(str, SIZES))}")
    if problems:
        raise OptionsError("\n".join(problems))
    return Options(seed=int(seed), duration_s=int(duration), planted=planted, brokers=int(brokers))
