"""``python -m benchmarks.profile cards gateway``: where services spend their time while scans are redeemed.

For each service: a flame graph, a file for speedscope, and the functions with the most own and total time.
CASE, CLIENTS, CARDS and DURATION (seconds a recording) are read from the environment.
"""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import closed_loop
from benchmarks.options import FOLDER, MANY, Options
from benchmarks.stage import Platform, platform
from devstack.host.leaving import leave_when_told

SAMPLES_PER_S = 200
TOP = 25
TURN_S = 2.0
# Where threads wait for a request, a reply or the time: py-spy sees some of them as running.
WAITING = frozenset(
    {
        *(
            "Connection._more",
            "_worker",
            "EpollSelector.select",
            "_PollLikeSelector.select",
        ),
        *("Hub.do_poll", "Runner.run"),
    }
)
# One recording for each form that py-spy writes.
FORMS = {"flamegraph": "svg", "speedscope": "speedscope.json"}


@dataclass(frozen=True)
class Times:
    """Samples by function: on top of the stack, and anywhere in it; both out of ``samples``."""

    own: Counter[str]
    total: Counter[str]
    samples: int


def main(services: list[str]) -> None:
    """Start a platform, load it with redemptions and look at each service in turn."""
    leave_when_told()
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = Options(cards=int(os.environ.get("CARDS") or "2000"), folder=FOLDER)
    with platform(options) as stage:
        for service in services:
            written = _record(stage, service)
            print(f"\n{service}: {', '.join(map(str, written))}")
            times = read_speedscope(json.loads(written[-1].read_text()))
            print("\n".join(tables(times)), flush=True)


def read_speedscope(document: dict[str, Any]) -> Times:
    """Add up the samples of threads that do not wait; a function counts once in a stack's total."""
    names = [_function(frame) for frame in document["shared"]["frames"]]
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    samples = 0
    for profile in document["profiles"]:
        for stack in profile["samples"]:
            # A stack that could not be read is empty.
            if not stack or document["shared"]["frames"][stack[-1]]["name"] in WAITING:
                continue
            samples += 1
            own[names[stack[-1]]] += 1
            total.update({names[frame] for frame in stack})
    return Times(own, total, samples)


def tables(times: Times) -> Iterator[str]:
    """The functions with the most time of their own, then those with the most in all."""
    for title, counted in (("own time", times.own), ("total time", times.total)):
        yield f"  {title:12} of {times.samples} samples"
        for name, count in counted.most_common(TOP):
            yield f"    {100 * count / times.samples:5.1f} %  {name}"


def _function(frame: dict[str, Any]) -> str:
    path = Path(frame.get("file") or "")
    return f"{frame['name']}  ({'/'.join(path.parts[-3:])})"


def _record(stage: Platform, service: str) -> list[Path]:
    with _load(stage):
        pid = stage.stack.supervisor.process_ids(service)[0]
        return [_spy(service, pid, form) for form in FORMS]


def _spy(service: str, pid: int, form: str) -> Path:
    path = FOLDER / f"profile-{service}.{FORMS[form]}"
    seconds = os.environ.get("DURATION") or "10"
    arguments = ["--format", form, "--output", str(path), "--duration", seconds]
    subprocess.run(
        [
            *(str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(pid)),
            *("--rate", str(SAMPLES_PER_S), *arguments),
        ],
        check=True,
        capture_output=True,
    )
    return path


@contextmanager
def _load(stage: Platform) -> Iterator[None]:
    """Redemptions (or CASE) for as long as somebody looks; what goes wrong with them is raised at the end."""
    case, clients = os.environ.get("CASE") or "redeem", int(os.environ.get("CLIENTS") or MANY)
    at = stage.echo if case == "echo" else stage.gateway
    asks = stage.asking.of(case, at)
    done = threading.Event()

    def go_on() -> None:
        while not done.is_set():
            closed_loop([at], asks, clients, TURN_S)

    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(go_on)
        try:
            yield
        finally:
            done.set()
            loading.result()


if __name__ == "__main__":
    main(sys.argv[1:] or ["cards", "gateway"])
