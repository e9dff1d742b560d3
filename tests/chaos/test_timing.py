"""What the report of a run says about its scans."""

from tests.chaos.timing import Scan, during, longest_refusal_s, quantile_s

SCANS = [Scan(at_s, took_s) for at_s, took_s in ((1.0, 0.1), (2.0, 0.2), (7.0, 4.5), (7.5, 0.1), (9.0, 0.1))]


def test_the_longest_refusal_is_the_longest_time_without_an_answer_within_the_fault() -> None:
    assert longest_refusal_s(SCANS, 1.5, 8.0) == 5.0
    # It may begin or end with the fault itself.
    assert longest_refusal_s(SCANS, 2.5, 8.0) == 4.5
    assert longest_refusal_s(SCANS, 7.25, 8.75) == 1.25
    assert longest_refusal_s([], 3.0, 5.0) == 2.0


def test_a_scan_counts_for_a_fault_if_it_was_on_its_way_at_any_moment_of_it() -> None:
    assert [scan.at_s for scan in during(SCANS, [(3.0, 4.0), (8.95, 10.0)])] == [7.0, 9.0]


def test_a_quantile_is_a_time_that_was_taken() -> None:
    assert (quantile_s(SCANS, 0.5), quantile_s(SCANS, 0.99), quantile_s([], 0.99)) == (0.1, 4.5, 0.0)
