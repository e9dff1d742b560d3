"""`make doctor`: what was found on this machine, and what would be in the way of each target.

Runs on any Python of ours without `.venv`: PYTHONPATH=devstack python3 -m devstack.host.doctor [TARGET]
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from devstack.host import installed, machine, reachable
from devstack.host.facts import Fact

FACTS: Mapping[str, Callable[[], Fact]] = {
    "Python": installed.python,
    "uv": installed.uv,
    "environment": installed.environment,
    "given servers": installed.given_servers,
    "PostgreSQL": installed.postgresql,
    "RabbitMQ": installed.rabbitmq,
    "Erlang": installed.epmd,
    "libraries": installed.libraries,
    "fonts": installed.fonts,
    "Prometheus": installed.prometheus,
    "Chromium": installed.chromium,
    "Docker": installed.docker,
    "commands": machine.commands,
    "disk": machine.disk,
    "memory": machine.memory,
    "open files": machine.files,
    "home": machine.home,
    "loopback": machine.loopback,
    "host name": machine.host_name,
    "standard ports": machine.standard_ports,
    "gateway's port": machine.gateway_port,
    "Debian mirror": reachable.mirror,
    "package index": reachable.index,
}
SETUP = (
    "Python",
    "uv",
    "commands",
    "disk",
    "libraries",
    "fonts",
    "PostgreSQL",
    "RabbitMQ",
    "Debian mirror",
    "package index",
)
PLATFORM = (*SETUP, "given servers", "memory", "open files", "loopback")
# What each target needs; those that are not named need what `setup` needs.
TARGETS: Mapping[str, tuple[str, ...]] = {
    "setup": SETUP,
    "check": SETUP,
    "demo": PLATFORM,
    "test": (*PLATFORM, "Prometheus"),
    "test-servers": PLATFORM,
    "test-stops": PLATFORM,
    "test-browser": (*PLATFORM, "Chromium"),
    "simulate": PLATFORM,
    "chaos": PLATFORM,
    "bench": PLATFORM,
    "up": (*PLATFORM, "gateway's port"),
    "test-containers": (*SETUP, "Docker"),
}


def page() -> str:
    """Everything that was found, then what is in the way of what."""
    width = max(map(len, FACTS))
    found = [f"  {name:{width}}  {fact(name).found}" for name in FACTS]
    free = [target for target in TARGETS if not troubles(target)]
    ways = [f"Nothing is in the way of: {_named(free)}."] if free else []
    stopped = [name for name in FACTS if fact(name).trouble]
    in_the_way = [line for name in stopped for line in _told(name, _needing(name))]
    return "\n".join(["Found on this machine:", *found, "", *in_the_way, *ways])


def in_the_way(target: str) -> str:
    """After a failure: only what is in the way of this target, or that nothing of the machine is."""
    if found := troubles(target):
        return "\n".join(line for name in found for line in _told(name, [target]))
    return f"The machine is not in the way of make {target} (make doctor tells what was looked at)."


def troubles(target: str) -> list[str]:
    """The facts that are in the way of it."""
    return [name for name in TARGETS.get(target, SETUP) if fact(name).trouble]


@cache
def fact(name: str) -> Fact:
    """Asked once a run."""
    return FACTS[name]()


def _told(name: str, targets: Iterable[str]) -> list[str]:
    first, *more = fact(name).trouble.splitlines()
    return [f"In the way of {_named(targets)}: {first}", *(f"    {line}" for line in more)]


def _needing(name: str) -> list[str]:
    return [target for target, needs in TARGETS.items() if name in needs]


def _named(targets: Iterable[str]) -> str:
    return "make " + ", ".join(targets)


def main(arguments: list[str]) -> None:
    """Without an argument the page, with one what is in the way of that target."""
    print(in_the_way(arguments[0]) if arguments else page())


if __name__ == "__main__":
    main(sys.argv[1:])
