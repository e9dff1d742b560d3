"""One side of a comparison: a build's own platform and load, told what to measure line by line.

Run by the Python of a build, in its folder, whichever release wrote this file: so it asks nothing of the
build's benchmark but what has been there since the first comparison. Standard input: one JSON object a line,
``{"case": …, "clients": …}``; standard output, after `MARK`: what was measured. The end of the input ends it.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

MARK = "measured: "
PROC_PEAK = "VmHWM:"


def main() -> None:
    """Start, measure what is asked, take everything away."""
    from benchmarks.cells import Measuring
    from benchmarks.options import read_options
    from benchmarks.plan import Plan
    from benchmarks.stage import platform

    settings = json.loads(sys.argv[1])
    options = read_options({name: str(value) for name, value in settings.items()})
    with platform(options) as stage:
        measuring = Measuring(stage, options.seconds)
        Plan(measuring, options).warm_up()
        say({"ready": True})
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["case"] == "memory":
                say({"peak_mb": peak_mb(stage.folder)})
                continue
            say(told(measuring.closed(asked["case"], asked["clients"])))


def told(cell: Any) -> dict[str, Any]:
    """A cell as numbers."""
    return {
        "per_s": cell.per_s,
        "cpu_ms": cell.cpu_ms_each,
        "p50_ms": cell.percentile_ms(0.50),
        "p99_ms": cell.percentile_ms(0.99),
    }


def peak_mb(folder: Path) -> float:
    """The most memory that each process of ours has had, summed up; servers and stand-ins left out."""
    # Where a build keeps these has changed; that it reads its processor time with them has not.
    machine: Any = import_module("benchmarks.machine")
    servers = ("postgresql", "rabbitmq", "epmd")
    total_kb = 0
    for record in machine.read_records(folder):
        if record.name in machine.LEFT_OUT or record.name.startswith(servers):
            continue
        for pid in (record.id.pid, *(child.pid for child in machine.descendants(record.id.pid))):
            total_kb += _peak_kb(Path(f"/proc/{pid}/status").read_text)
    return total_kb / 1024


def _peak_kb(read: Callable[[], str]) -> int:
    try:
        lines = read().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(PROC_PEAK)), 0)


def say(what: dict[str, Any]) -> None:
    """One line that the other end finds among whatever else is printed."""
    print(MARK + json.dumps(what), flush=True)


if __name__ == "__main__":
    # The build's own modules, not those beside this file.
    sys.path[0] = str(Path.cwd())
    main()
