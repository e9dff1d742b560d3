"""The table that people read: a line for each case and number of clients, then the targets."""

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.cells import Cell
from benchmarks.options import MANY
from benchmarks.results import TARGETS, Figures, Results

HEAD = f"{'case':38}{'clients':>8}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'drain s':>9}"
# Processes below this share of a redemption are summed up.
SMALL_MS = 0.02


def table(results: Results) -> Iterator[str]:
    """Medians over the rounds; CPU is that of all processes for one answer, without the load generator."""
    yield HEAD
    for case, clients in results.rows():
        numbers = [
            (results.per_s(case, clients), "9.0f"),
            (results.p(0.50, case, clients), "9.2f"),
            (results.p(0.99, case, clients), "9.2f"),
            (results.median(case, clients, lambda cell: cell.cpu_ms_each), "9.2f"),
            (results.median(case, clients, lambda cell: cell.drain_s if cell.cpu_s else None), "9.1f"),
        ]
        told = "".join(f"{number:{form}}" if number is not None else " " * 9 for number, form in numbers)
        yield f"{case:38}{clients or '–':>8}{told}"


def processor(results: Results) -> Iterator[str]:
    """Where the processor time of a redemption goes, by process."""
    cells = [cell for cell in results.cells if (cell.case, cell.clients) == ("redeem", MANY)]
    answered = max(sum(cell.answered for cell in cells), 1)
    used: defaultdict[str, float] = defaultdict(float)
    for cell in cells:
        for name, seconds in cell.cpu_s.items():
            used[name] += seconds
    yield f"CPU per redemption at {MANY} clients by process (ms), events included; % of a core when idle:"
    small_ms = 0.0
    for name, seconds in sorted(used.items(), key=lambda item: -item[1]):
        each_ms = 1000 * seconds / answered
        if each_ms < SMALL_MS:
            small_ms += each_ms
            continue
        yield f"  {name:36}{each_ms:8.2f}{100 * results.idle_cpu_shares.get(name, 0.0):8.1f} %"
    yield f"  {'all others':36}{small_ms:8.2f}"
    generator_ms = 1000 * sum(cell.generator_s for cell in cells) / answered
    yield f"  (the load generator, not counted:   {generator_ms:8.2f})"


def verdicts(found: Figures) -> Iterator[str]:
    """Each target that was measured, with what it must be and what we want."""
    yield f"{'target':46}{'measured':>10}{'must':>8}{'want':>8}"
    for target in TARGETS:
        value = found.get(target.key)
        if value is not None:
            yield (
                f"{target.text:46}{value:>10.3f}{target.must:>8g}{target.want:>8g}  {target.verdict(value)}"
            )


def progress(cell: Cell) -> str:
    """One cell, right after it was measured."""
    p50, p99 = cell.percentile_ms(0.50), cell.percentile_ms(0.99)
    timed = f"  p50 {p50:7.2f} ms  p99 {p99:7.2f} ms" if p50 is not None and p99 is not None else ""
    return f"{cell.case:32}{cell.clients or '–':>4} clients {cell.per_s:8.0f}/s{timed}"
