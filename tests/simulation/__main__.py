"""``make simulate``: histories from a seed; the last line is one JSON object; exit code 1 if any fails."""

import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

from devstack.host.leaving import leave_when_told
from devstack.servers.databases import DatabaseUrls
from tests.simulation.node import private_databases
from tests.simulation.planted import PLANTS
from tests.simulation.working import Task, work

HISTORIES = 20_000
SHOWN_EVERY_S = 10.0
FOLDER = Path("var/simulate")
TOLD = ("histories", "steps", "crashes", "duplicates", "reorders", "at once", "lock waits", "heard of late")


def main() -> int:
    """HISTORIES (20000), SEED (random), PLANTED (a bug of planted.py), from the environment."""
    leave_when_told()
    histories = int(os.environ.get("HISTORIES") or HISTORIES)
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))
    plant = os.environ.get("PLANTED", "")
    if plant and plant not in PLANTS:
        print(f"PLANTED must be one of {', '.join(PLANTS)}", file=sys.stderr)
        return 2
    workers = min(os.cpu_count() or 1, histories)
    print(f"{histories} histories from SEED={seed} in {workers} processes", flush=True)
    began = time.monotonic()
    folder = FOLDER / str(os.getpid())
    with private_databases(folder, workers) as urls:
        counts, violations = _run(Task(range(seed, seed + histories), plant), urls)
    told = {name.replace(" ", "_"): counts[name] for name in TOLD}
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({**told, "violations": violations, "seed": seed, "seconds": seconds}))
    return 1 if violations else 0


def _run(task: Task, urls: list[dict[str, DatabaseUrls]]) -> tuple[Counter[str], int]:
    counts: Counter[str] = Counter()
    violations, began, shown = 0, time.monotonic(), time.monotonic()
    for report in work(task, urls):
        if not counts:
            # The workers' migrations come before their first history.
            began = shown = time.monotonic()
        counts.update(report.counts)
        if report.violation:
            violations += 1
            print(f"\nThe shortest that still fails, and how to play its seed:\n{report.violation}")
        if time.monotonic() - shown >= SHOWN_EVERY_S:
            shown = time.monotonic()
            _show(counts["histories"], len(task.seeds), shown - began)
    print(json.dumps(dict(sorted(counts.items())), ensure_ascii=False))
    return counts, violations


def _show(done: int, wanted: int, seconds: float) -> None:
    left_s = (wanted - done) / done * seconds if done else 0
    print(f"[{done / wanted:4.0%}, {left_s:4.0f} s left] {done} histories", flush=True)


if __name__ == "__main__":
    sys.exit(main())
