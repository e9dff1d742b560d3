"""From cells to figures: medians over the rounds, ratios to the floors, and what they must be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.cells import Cell
from benchmarks.options import MANY, ONE
from benchmarks.receipts import Receipts

Figures = dict[str, float | None]


@dataclass(frozen=True)
class Target:
    """A figure that is asked for: at least, or at most, so much."""

    text: str
    key: str
    must: float
    want: float
    at_least: bool = False

    def verdict(self, value: float) -> str:
        """Whether the figure is what we want, what it must be, or neither."""
        sign = 1 if self.at_least else -1
        if sign * value >= sign * self.want:
            return "as wanted"
        return "as it must" if sign * value >= sign * self.must else "MISSED"


TARGETS = (
    Target("redemptions ÷ echo, 8 clients", "ratio_redeem_to_echo", 0.60, 0.80, at_least=True),
    Target("redemptions ÷ pgbench -N, 8 clients", "ratio_redeem_to_pgbench", 0.08, 0.12, at_least=True),
    Target("scan p50 ÷ raw durable RPC p50, 1 client", "ratio_p50_to_raw_rpc_p50", 6, 3.5),
    Target("scan p99 ÷ raw durable RPC p99, 1 client", "ratio_p99_to_raw_rpc_p99", 8, 4),
    Target("CPU per redemption, all processes (ms)", "cpu_ms_per_redemption", 3, 1.5),
    Target("with pot ÷ without pot, 8 clients", "ratio_pot_to_no_pot", 0.85, 0.95, at_least=True),
    Target("scan p50, 1,000,000 cards ÷ 10,000, 1 client", "ratio_p50_grown", 1.25, 1.05),
    Target("scan p99, unread events ÷ none, 1 client", "ratio_p99_unread", 1.5, 1.1),
    Target("relay lag p99 at half capacity (ms)", "relay_lag_p99_ms", 250, 60),
)


@dataclass(frozen=True)
class Results:
    """All cells of all rounds."""

    cells: list[Cell]
    receipts: Receipts | None = None
    idle_cpu_shares: dict[str, float] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, int]]:
        """Case and clients of each row, in the order in which they were measured first."""
        return list(dict.fromkeys((cell.case, cell.clients) for cell in self.cells))

    def median(self, case: str, clients: int, of: Callable[[Cell], float | None]) -> float | None:
        """The median over the rounds; None where it was not measured."""
        found = [of(cell) for cell in self.cells if (cell.case, cell.clients) == (case, clients)]
        values = [value for value in found if value is not None]
        return median(values) if values else None

    def per_s(self, case: str, clients: int = MANY) -> float | None:
        """Answers a second."""
        return self.median(case, clients, lambda cell: cell.per_s)

    def p(self, share: float, case: str, clients: int = ONE, group: str | None = None) -> float | None:
        """A percentile of the latency, in milliseconds."""
        return self.median(case, clients, lambda cell: cell.percentile_ms(share, group))

    def latencies_s(self, case: str, clients: int) -> list[float]:
        """Every latency of all rounds together, for the picture."""
        return [
            latency
            for cell in self.cells
            if (cell.case, cell.clients) == (case, clients)
            for times in cell.latencies_s.values()
            for latency in times
        ]


def figures(results: Results) -> Figures:
    """The last line's object; what was not measured is left out, but for the keys that are always there."""
    found = _measured(results) | _more(results)
    ratios = {
        "ratio_redeem_to_echo": ratio(found["redemptions_per_s"], found["echo_per_s"]),
        "ratio_redeem_to_pgbench": ratio(found["redemptions_per_s"], found["pgbench_tps"]),
        "ratio_p50_to_raw_rpc_p50": ratio(found["p50_ms"], found["raw_rpc_p50_ms"]),
        "ratio_p99_to_raw_rpc_p99": ratio(found["p99_ms"], found["raw_rpc_p99_ms"]),
        "ratio_pot_to_no_pot": ratio(found["redemptions_pot_per_s"], found["redemptions_per_s"]),
    }
    return {name: value if value is None else round(value, 4) for name, value in (found | ratios).items()}


def ratio(part: float | None, whole: float | None) -> float | None:
    """None where one of them was not measured."""
    return part / whole if part is not None and whole else None


def _measured(results: Results) -> Figures:
    return {
        "redemptions_per_s": results.per_s("redeem"),
        "redemptions_pot_per_s": results.per_s("pot"),
        "echo_per_s": results.per_s("echo"),
        "pgbench_tps": results.per_s("pgbench -N"),
        "p50_ms": results.p(0.50, "redeem"),
        "p99_ms": results.p(0.99, "redeem"),
        "raw_rpc_p50_ms": results.p(0.50, "raw RPC"),
        "raw_rpc_p99_ms": results.p(0.99, "raw RPC"),
        "raw_rpc_confirmed_p50_ms": results.p(0.50, "raw RPC confirmed"),
        "raw_rpc_confirmed_p99_ms": results.p(0.99, "raw RPC confirmed"),
        "cpu_ms_per_redemption": results.median("redeem", MANY, lambda cell: cell.cpu_ms_each),
        "cpu_ms_per_redemption_pot": results.median("pot", MANY, lambda cell: cell.cpu_ms_each),
        "cpu_ms_per_echo": results.median("echo", MANY, lambda cell: cell.cpu_ms_each),
        "open_loop_per_s": results.per_s("open loop", 0),
        "open_loop_p50_ms": results.p(0.50, "open loop", 0),
        "open_loop_p99_ms": results.p(0.99, "open loop", 0),
        "relay_lag_p99_ms": results.median("open loop", 0, lambda cell: cell.relay_lag_p99_ms),
        "drain_s": results.median("redeem", MANY, lambda cell: cell.drain_s),
        "idle_cpu_share": sum(results.idle_cpu_shares.values()),
    }


def _more(results: Results) -> Figures:
    stopped, unread = "redeem, offers stopped", "redeem, unread events"
    uniform_ms = results.p(0.99, "redeem", MANY)
    found = {
        "cpu_ms_per_receipt": results.receipts.cpu_ms_each if results.receipts else None,
        "receipts_per_s": results.receipts.per_s if results.receipts else None,
        "ratio_p50_grown": ratio(results.p(0.50, "redeem, grown"), results.p(0.50, "redeem")),
        "ratio_p50_grown_8": ratio(results.p(0.50, "redeem, grown", MANY), results.p(0.50, "redeem", MANY)),
        "ratio_p99_unread": ratio(results.p(0.99, unread), results.p(0.99, stopped)),
        "ratio_p99_unread_8": ratio(results.p(0.99, unread, MANY), results.p(0.99, stopped, MANY)),
        "ratio_p99_others_hot_provider": ratio(results.p(0.99, "hot_provider", MANY, "others"), uniform_ms),
        "ratio_p99_others_hot_card": ratio(results.p(0.99, "hot_card", MANY, "others"), uniform_ms),
    }
    found |= {
        f"{case.replace('redeem, ', '').replace(' ', '_')}_per_s": results.per_s(case)
        for case in dict.fromkeys(cell.case for cell in results.cells)
        if "gateway" in case
    }
    return {name: value for name, value in found.items() if value is not None}
