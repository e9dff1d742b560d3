"""Many histories on all cores: each worker takes the next seed and stops at its first violation."""

import gc
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from queue import Empty
from time import monotonic

from chassis.database.migrating import migrate
from chassis.database.rights import grant, rights_of
from devstack.servers.databases import DatabaseUrls
from tests.simulation.planted import planted
from tests.simulation.programme import read_azur
from tests.simulation.quiet import quiet_services
from tests.simulation.search import Search
from tests.simulation.world import World

REPORT_EVERY_S = 1.0
# A worker that says nothing for so long has died.
SILENCE_MAX_S = 120.0


@dataclass
class Report:
    """What a worker has done since its last report."""

    counts: Counter[str] = field(default_factory=Counter)
    violation: str = ""
    has_ended: bool = False


@dataclass(frozen=True)
class Task:
    """``seeds`` are all workers'; ``plant`` names the bug to be planted, or is empty."""

    seeds: range
    plant: str


def work(task: Task, urls: list[dict[str, DatabaseUrls]]) -> Iterator[Report]:
    """Reports of all workers as they come; ends when all have ended, or one found a violation."""
    context = get_context("spawn")
    reports: Queue[Report] = context.Queue()
    taken = context.Value("q", 0)
    workers = [context.Process(target=_work, args=(task, taken, own, reports), daemon=True) for own in urls]
    for worker in workers:
        worker.start()
    try:
        yield from _listen(reports, len(workers))
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _listen(reports: "Queue[Report]", alive: int) -> Iterator[Report]:
    while alive:
        try:
            report = reports.get(timeout=SILENCE_MAX_S)
        except Empty:
            yield Report(violation="A worker died without a word.")
            return
        alive -= report.has_ended
        yield report
        if report.violation:
            return


def _work(
    task: Task, taken: "Synchronized[int]", urls: Mapping[str, DatabaseUrls], reports: "Queue[Report]"
) -> None:
    try:
        for name, url in urls.items():
            migrate(url.owner, name)
            grant(url.owner, url.service, rights_of(name))
        world = World(urls, read_azur())
        with quiet_services():
            search = Search(world)
            _collect_rarely()
            with planted(task.plant, world):
                _play(search, _next_seeds(task.seeds, taken), reports)
    except Exception:
        reports.put(Report(violation=traceback.format_exc()))


def _next_seeds(seeds: range, taken: "Synchronized[int]") -> Iterator[int]:
    """Whoever is faster plays more: with a half each, one of two workers was idle for the last minute."""
    while True:
        with taken.get_lock():
            place = taken.value
            taken.value = place + 1
        if place >= len(seeds):
            return
        yield seeds[place]


def _collect_rarely() -> None:
    """A tenth of a history would be the collector's, which looks at modules and tables that stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _play(search: Search, seeds: Iterator[int], reports: "Queue[Report]") -> None:
    last = monotonic()
    for seed in seeds:
        violation = search.run_seed(seed)
        if violation:
            reports.put(Report(counts=search.take_counts()))
            reports.put(Report(violation=str(search.shrink(violation))))
            return
        if monotonic() - last >= REPORT_EVERY_S:
            reports.put(Report(counts=search.take_counts()))
            last = monotonic()
    reports.put(Report(counts=search.take_counts(), has_ended=True))
