"""How scans went while faults struck: how slow, how often refused, and for how long none was accepted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Scan:
    """One that was answered for good: when (seconds of the machine's own clock), and after how long."""

    at_s: float
    took_s: float


def longest_refusal_s(scans: Iterable[Scan], began_s: float, ended_s: float) -> float:
    """The longest time within these two moments in which no scan was answered for good."""
    within = sorted(scan.at_s for scan in scans if began_s <= scan.at_s <= ended_s)
    return max(later - earlier for earlier, later in pairwise([began_s, *within, ended_s]))


def quantile_s(scans: Sequence[Scan], share: float) -> float:
    """So long or shorter took this share of them; 0 where there are none."""
    taken = sorted(scan.took_s for scan in scans)
    return taken[min(int(len(taken) * share), len(taken) - 1)] if taken else 0.0


def during(scans: Iterable[Scan], spans: Sequence[tuple[float, float]]) -> list[Scan]:
    """Those that were on their way at any moment of one of the spans."""
    return [
        scan
        for scan in scans
        if any(began <= scan.at_s and scan.at_s - scan.took_s <= ended for began, ended in spans)
    ]
