"""The picture of a run: how long scans take, and how many a second, beside the floors."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes

from benchmarks.options import CASES, CLIENTS, ONE
from benchmarks.results import Results

NAMES = {
    "redeem": "redemption",
    "pot": "redemption with pot",
    "replay": "replayed key",
    "refusal": "refusal",
    "quote": "quote",
    "echo": "gateway → RPC echo",
    "raw RPC": "raw durable RPC",
    "pgbench -N": "pgbench -N",
    "open loop": "redemption, open loop",
}
FLOORS = ("echo", "raw RPC", "pgbench -N")
DOTS_PER_INCH = 130


def draw(results: Results, folder: Path) -> list[Path]:
    """Write `bench.png` and `bench.svg`; their paths."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(13, 5.2), layout="constrained")
    _draw_latencies(left, results)
    _draw_throughput(right, results)
    paths = [folder / "bench.png", folder / "bench.svg"]
    for path in paths:
        figure.savefig(path, dpi=DOTS_PER_INCH)
    pyplot.close(figure)
    return paths


def _draw_latencies(axes: Axes, results: Results) -> None:
    """How many take longer than so many milliseconds: the tail is what a queue of people feels."""
    for case in (*CASES, "echo", "raw RPC", "open loop"):
        clients = 0 if case == "open loop" else ONE
        times = sorted(results.latencies_s(case, clients))
        if not times:
            continue
        slower = [1 - place / len(times) for place in range(len(times))]
        axes.step([1000 * t for t in times], slower, where="post", label=NAMES[case], **_style(case))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(1e-3, 1)
    axes.set_yticks([1, 0.5, 0.1, 0.01, 0.001], ["all", "half", "1 in 10", "1 in 100", "1 in 1000"])
    ticks = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    low, high = axes.get_xlim()
    ticks = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("latency, ms")
    axes.set_ylabel("share of the requests that take longer")
    axes.set_title("Latency, 1 client (open loop: half capacity)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _draw_throughput(axes: Axes, results: Results) -> None:
    for case in (*CASES, "echo", "pgbench -N"):
        measured = [(n, results.per_s(case, n)) for n in CLIENTS]
        points = [(n, per_s) for n, per_s in measured if per_s]
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", label=NAMES[case], **_style(case))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(CLIENTS, [str(n) for n in CLIENTS])
    ticks = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
    low, high = axes.get_ylim()
    # Room for the legend above the lines.
    high *= 5
    axes.set_ylim(low, high)
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_yticks(shown, [f"{tick:,}".replace(",", " ") for tick in shown])
    axes.minorticks_off()
    axes.set_xlabel("clients, closed loop")
    axes.set_ylabel("answers a second")
    axes.set_title("Throughput by clients")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, ncols=2, loc="upper left")


def _style(case: str) -> dict[str, Any]:
    return {"linestyle": "--", "color": _FLOOR_COLOURS[case]} if case in FLOORS else {"color": _COLOURS[case]}


_COLOURS = {
    "redeem": "#c1272d",
    "pot": "#e08214",
    "replay": "#5ab4ac",
    "refusal": "#8073ac",
    "quote": "#1a9850",
    "open loop": "#f4a6a9",
}
_FLOOR_COLOURS = {"echo": "#333333", "raw RPC": "#777777", "pgbench -N": "#4575b4"}
