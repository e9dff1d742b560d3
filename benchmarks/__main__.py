"""``make bench``: measures the scan against its floors; prints a table and, as last line, JSON."""

import json
import os
import sys
import time
from typing import Any

from benchmarks import receipts
from benchmarks.against.builds import BuildFailed, both
from benchmarks.against.comparing import lines, ratios, take_turns
from benchmarks.cells import Cell, Measuring
from benchmarks.floors.pgbench import PgbenchFailed
from benchmarks.load import WrongAnswer
from benchmarks.options import Options, OptionsError, read_options
from benchmarks.picture import draw
from benchmarks.plan import Plan, Step
from benchmarks.queues import NotSettled
from benchmarks.results import Results, figures
from benchmarks.stage import NotPrivate, platform
from benchmarks.table import processor, progress, table, verdicts
from devstack.errors import DevstackError
from devstack.host.leaving import leave_when_told

EXPECTED = (OptionsError, DevstackError, NotPrivate, WrongAnswer, NotSettled, PgbenchFailed, BuildFailed)


def main() -> int:
    """The exit code: 1 where nothing could be measured; a missed target is told, and is no error."""
    leave_when_told()
    try:
        options = read_options(os.environ)
        results = measure(options)
        compared = compare(options) if options.against else None
        _tell(results, options, compared)
    except EXPECTED as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def measure(options: Options) -> Results:
    """All rounds, with a line for each cell as it is done."""
    began = time.monotonic()
    _say(f"Starting fresh servers and services, loading {options.cards:,} cards …")
    with platform(options) as stage:
        measuring = Measuring(stage, options.seconds)
        plan = Plan(measuring, options)
        _say(f"Loaded after {time.monotonic() - began:.0f} s; warming up …")
        plan.warm_up()
        idle = measuring.idle_cpu_shares()
        cells = _rounds(plan.steps(), options.rounds)
        if options.grow_to:
            _say(f"Loading {options.grow_to:,} cards and as many redemptions of the past …")
            stage.grow(options.grow_to)
            plan.warm_up()
            cells += _rounds(plan.grown(), options.rounds)
        return Results(cells, receipts.measure(stage), idle)


def compare(options: Options) -> dict[str, Any]:
    """This build ÷ another revision's, cells in turn on platforms that run side by side."""
    settings = {"CARDS": options.cards, "SECONDS": int(options.seconds), "CASES": "redeem,pot"}
    _say(f"\nSetting up {options.against}, starting both builds …")
    with both(options.against, settings, options.folder.resolve() / "against") as (this, other):
        turns = take_turns(this, other, options.rounds, _say)
        peaks = [build.measure("memory")["peak_mb"] for build in (this, other)]
    return {**ratios(turns), "rss": round(peaks[0] / peaks[1], 4), "revision": options.against}


def _rounds(steps: list[Step], rounds: int) -> list[Cell]:
    cells: list[Cell] = []
    began = time.monotonic()
    done, total = 0, len(steps) * rounds
    for number in range(1, rounds + 1):
        for step in steps:
            made = step.act(cells)
            cells += made
            done += 1
            left_s = (time.monotonic() - began) / done * (total - done)
            for cell in made:
                _say(f"[{number}/{rounds}, {left_s:4.0f} s left] {progress(cell)}")
    return cells


def _tell(results: Results, options: Options, compared: dict[str, Any] | None) -> None:
    found = figures(results)
    for part in (table(results), processor(results), verdicts(found)):
        _say("")
        for line in part:
            _say(line)
    _say("")
    options.folder.mkdir(parents=True, exist_ok=True)
    _say("Drawn: " + ", ".join(str(path) for path in draw(results, options.folder)))
    if compared is not None:
        for line in lines(compared):
            _say(line)
    text = json.dumps(found | ({"against": compared} if compared is not None else {}))
    (options.folder / "bench.json").write_text(text + "\n")
    _say(text)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
