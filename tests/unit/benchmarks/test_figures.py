"""Medians, ratios and verdicts of a run, from cells made by hand."""

import pytest

from benchmarks.cells import Cell, percentile_ms
from benchmarks.floors.pgbench import PgbenchFailed, read_tps
from benchmarks.machine import spent
from benchmarks.results import TARGETS, Results, figures
from benchmarks.table import table, verdicts

ALWAYS = {
    *("redemptions_per_s", "redemptions_pot_per_s", "echo_per_s", "pgbench_tps", "p50_ms", "p99_ms"),
    *("raw_rpc_p50_ms", "raw_rpc_p99_ms", "cpu_ms_per_redemption", "relay_lag_p99_ms"),
    *("ratio_redeem_to_echo", "ratio_redeem_to_pgbench", "ratio_p99_to_raw_rpc_p99"),
    *("ratio_p50_to_raw_rpc_p50", "ratio_pot_to_no_pot"),
}


def cell(case: str, clients: int, per_s: float, *latencies_ms: float, cpu_s: float = 0.0) -> Cell:
    """One round's cell with 100 answers."""
    return Cell(
        case=case,
        clients=clients,
        per_s=per_s,
        latencies_s={"": [ms / 1000 for ms in latencies_ms]},
        answered=100,
        cpu_s={"cards": cpu_s / 2, "gateway": cpu_s / 2} if cpu_s else {},
        relay_lag_p99_ms=30.0,
    )


@pytest.fixture
def results() -> Results:
    return Results(
        [
            *(cell("redeem", 8, per_s, 10.0, cpu_s=0.25) for per_s in (300.0, 500.0, 400.0)),
            cell("pot", 8, 380.0, 11.0),
            cell("echo", 8, 500.0, 5.0),
            cell("redeem", 1, 200.0, 3.0, 3.0, 9.0),
            cell("raw RPC", 1, 1000.0, 1.0, 1.0, 2.0),
            Cell(case="pgbench -N", clients=8, per_s=4000.0),
            cell("open loop", 0, 200.0, 4.0),
        ]
    )


def test_the_last_line_always_has_the_keys_that_others_rely_on() -> None:
    assert figures(Results([])).keys() >= ALWAYS


def test_ratios_are_made_of_medians_over_the_rounds(results: Results) -> None:
    found = figures(results)
    assert found["redemptions_per_s"] == 400.0
    assert found["ratio_redeem_to_echo"] == 0.8
    assert found["ratio_redeem_to_pgbench"] == 0.1
    assert found["ratio_pot_to_no_pot"] == 0.95
    assert found["ratio_p50_to_raw_rpc_p50"] == 3.0
    assert found["ratio_p99_to_raw_rpc_p99"] == 4.5
    assert found["cpu_ms_per_redemption"] == 2.5


def test_a_verdict_says_whether_a_target_is_met(results: Results) -> None:
    lines = {line.split(",")[0].strip(): line for line in verdicts(figures(results))}
    assert lines["redemptions ÷ echo"].endswith("as wanted")
    assert lines["redemptions ÷ pgbench -N"].endswith("as it must")


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("ratio_redeem_to_echo", 0.59, "MISSED"),
        ("ratio_redeem_to_echo", 0.60, "as it must"),
        ("cpu_ms_per_redemption", 3.1, "MISSED"),
        ("cpu_ms_per_redemption", 1.5, "as wanted"),
    ],
)
def test_targets_are_met_at_their_very_figure(key: str, value: float, verdict: str) -> None:
    (target,) = (target for target in TARGETS if target.key == key)
    assert target.verdict(value) == verdict


def test_the_table_has_a_line_for_each_case_and_number_of_clients(results: Results) -> None:
    lines = list(table(results))
    assert len(lines) == 1 + len({(cell.case, cell.clients) for cell in results.cells})


def test_a_percentile_is_a_latency_that_was_measured() -> None:
    latencies_s = [n / 1000 for n in range(1, 101)]
    assert percentile_ms(latencies_s, 0.99) == 100.0
    assert percentile_ms(latencies_s, 0.50) == 51.0
    assert percentile_ms([], 0.5) is None


def test_pgbench_is_read_with_connections_left_out() -> None:
    assert read_tps("latency average = 0.5 ms\ntps = 4123.25 (without initial connection time)\n") == 4123.25
    with pytest.raises(PgbenchFailed):
        read_tps("ERROR: out of disk")


def test_processor_time_of_a_session_that_began_meanwhile_counts() -> None:
    assert spent({"cards": 1.0}, {"cards": 1.5, "postgresql cards": 2.0}) == {
        "postgresql cards": 2.0,
        "cards": 0.5,
    }
