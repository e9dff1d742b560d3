"""One cell of the table: requests for some seconds, and all they cost until the last event is handled."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.load import Address, Measured, closed_loop, open_loop
from benchmarks.machine import LEFT_OUT, OUTSIDE, cpu_seconds, spent
from benchmarks.stage import Platform

IDLE_S = 3.0

Answer = Callable[[], Measured]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What was measured of one case in one round; latencies in seconds by group.

    ``drain_s`` is how long the events took after the last answer, ``cpu_s`` the processor time of each
    process from the first request to the last event, for ``answered`` requests.
    """

    case: str
    clients: int
    per_s: float
    latencies_s: dict[str, list[float]] = field(repr=False, default_factory=dict)
    answered: int = 0
    drain_s: float = 0.0
    cpu_s: dict[str, float] = field(default_factory=dict)
    generator_s: float = 0.0
    relay_lag_p99_ms: float = 0.0

    def percentile_ms(self, share: float, group: str | None = None) -> float | None:
        """A latency that ``share`` of the requests did not exceed; None where nothing was timed."""
        return percentile_ms(
            [x for name, times in self.latencies_s.items() if group in (None, name) for x in times], share
        )

    @property
    def cpu_ms_each(self) -> float | None:
        """Processor time of all processes for each request, the load generator's left out."""
        return 1000 * sum(self.cpu_s.values()) / self.answered if self.answered and self.cpu_s else None


def percentile_ms(latencies_s: list[float], share: float) -> float | None:
    """The nearest-rank percentile, in milliseconds."""
    if not latencies_s:
        return None
    ordered = sorted(latencies_s)
    return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@dataclass
class Measuring:
    """Measures cells on a platform."""

    platform: Platform
    seconds: float

    def closed(
        self,
        case: str,
        clients: int,
        *,
        named: str = "",
        addresses: list[Address] | None = None,
        without: str | None = None,
    ) -> Cell:
        """A closed loop; ``without`` is a service that is stopped, whose queue is not waited for."""
        at = addresses or [self.platform.echo if case == "echo" else self.platform.gateway]
        asks = self.platform.asking.of(case, at[0])
        answer = lambda: closed_loop(at, asks, clients, self.seconds)  # noqa: E731
        return self._cell(named or case, clients, answer, without)

    def open(self, case: str, per_s: float) -> Cell:
        """An open loop at a given rate, for twice as long: its tail needs more requests."""
        at = [self.platform.gateway]
        asks = self.platform.asking.of(case, at[0])
        answer = lambda: open_loop(at, asks, per_s, 2 * self.seconds)  # noqa: E731
        return self._cell("open loop", 0, answer, None)

    def idle_cpu_shares(self, seconds: float = IDLE_S) -> dict[str, float]:
        """What each process uses of one core while nobody asks for anything."""
        before = self._cpu()
        time.sleep(seconds)
        return {name: used / seconds for name, used in spent(before, self._cpu()).items()}

    def _cell(self, case: str, clients: int, answer: Answer, without: str | None) -> Cell:
        queues = self.platform.queues
        queues.settle(without=without)
        # The echo is what an echo costs; of anything else it is no part.
        left_out = OUTSIDE if case == "echo" else LEFT_OUT
        since, before = queues.last_announced(), self._cpu(left_out)
        measured = answer()
        drain_s = queues.settle(without=without)
        return Cell(
            case=case,
            clients=clients,
            per_s=measured.per_s,
            latencies_s=measured.latencies_s,
            answered=measured.answered,
            drain_s=drain_s,
            cpu_s=spent(before, self._cpu(left_out)),
            generator_s=measured.generator_s,
            relay_lag_p99_ms=queues.relay_lag_ms(since),
        )

    def _cpu(self, left_out: frozenset[str] = LEFT_OUT) -> dict[str, float]:
        return cpu_seconds(self.platform.folder, left_out)
